/* SPDX-License-Identifier: ISC */
#include "daemon/status.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "admin/action.h"
#include "base/log.h"
#include "daemon/status_bans.h"
#include "daemon/trace.h"
#include "proxy/snapshot.h"

/* Visits: a snapshot, or a session to be ended. */

struct census {
    struct visit visit;
    struct status *status;
    struct snapshot *snapshot;
};

struct kick {
    struct visit visit;
    struct status *status;
    uint64_t session;
    uint64_t ticket;
    bool done;
};

static void
send_round(struct status *status, struct visit *visit)
{
    DL_APPEND(status->visits, visit);
    visit_start(visit, status->workers, status->worker_count, status->mailbox);
}

static void
count_worker(struct visit *visit, struct worker *worker)
{
    struct census *census = container_of(visit, struct census, visit);

    proxy_add_to_snapshot(&worker->proxy, worker->conf, (uint32_t)visit->at, census->snapshot);
}

static void
census_home(struct visit *visit)
{
    struct census *census = container_of(visit, struct census, visit);
    struct status *status = census->status;

    DL_DELETE(status->visits, visit);
    status_tell_bans(status);
    server_take(&status->server, census->snapshot);
    free(census);
}

static bool
ask(void *owner, struct snapshot *snapshot)
{
    struct census *census = calloc(1, sizeof(*census));

    if (census == NULL)
        return false;
    census->status = owner;
    census->snapshot = snapshot;
    census->visit.on_worker = count_worker;
    census->visit.on_home = census_home;
    send_round(owner, &census->visit);
    return true;
}

static void
kick_there(struct visit *visit, struct worker *worker)
{
    struct kick *kick = container_of(visit, struct kick, visit);

    if (!kick->done)
        kick->done = proxy_kick(&worker->proxy, kick->session);
}

static void
kick_home(struct visit *visit)
{
    struct kick *kick = container_of(visit, struct kick, visit);
    struct admin_verdict verdict = {.end = kick->done ? ADMIN_DONE : ADMIN_UNKNOWN};
    char who[32];

    DL_DELETE(kick->status->visits, visit);
    snprintf(verdict.text, sizeof(verdict.text), kick->done
             ? "session %llu ends once what is open is answered"
             : "there is no bound session %llu", (unsigned long long)kick->session);
    snprintf(who, sizeof(who), "c%llu", (unsigned long long)kick->session);
    if (kick->done)
        server_event(&kick->status->server, "session", who, "bound", "ending",
                     "ended by an operator");
    server_answer(&kick->status->server, kick->ticket, &verdict);
    free(kick);
}

static bool
kick(void *owner, uint64_t session, uint64_t ticket)
{
    struct kick *kick = calloc(1, sizeof(*kick));

    if (kick == NULL)
        return false;
    kick->status = owner;
    kick->session = session;
    kick->ticket = ticket;
    kick->visit.on_worker = kick_there;
    kick->visit.on_home = kick_home;
    send_round(owner, &kick->visit);
    return true;
}

/* Nodes. */

uint64_t
status_wall_ms(const struct status *status, uint64_t at_ms)
{
    return admin_wall_ms() - (loop_now_ms(status->loop) - at_ms);
}

/* NULL: memory was short for it when the configuration was taken. */
static struct node *
node_at(const struct status *status, size_t farm, size_t i)
{
    const struct nodes_farm *its = &status->nodes->farms[farm];

    return i < its->count ? its->nodes[i] : NULL;
}

/* Of several checks the first that keeps the node from being up, or else the first; NULL:
 * memory was short for them. */
static const struct node_check *
telling_check(const struct node *node)
{
    size_t i;

    for (i = 0; i < node->health.check_count; i++)
        if (!health_check_is_up(&node->health.checks[i]))
            return &node->checks[i];
    return node->health.check_count > 0 ? &node->checks[0] : NULL;
}

static struct admin_check
check_of(const struct status *status, const struct node *node, const struct node_check *check)
{
    if (check == NULL)
        return (struct admin_check){.type = "links", .detail = "",
                                    .outcome = check_outcome_name(CHECK_NO_MEMORY)};
    return (struct admin_check){
        .type = node_check_name(check),
        .up = health_check_is_up(&node->health.checks[check - node->checks]),
        .outcome = check->known ? check_outcome_name(check->outcome) : "",
        .detail = check->known ? check->detail : "",
        .at_ms = check->known ? status_wall_ms(status, check->at_ms) : 0,
        .took_us = check->duration_us,
    };
}

static bool
check(void *owner, size_t farm, size_t i, size_t k, struct admin_check *out)
{
    const struct status *status = owner;
    const struct node *node = node_at(status, farm, i);

    if (node == NULL || k >= node->health.check_count)
        return false;
    *out = check_of(status, node, &node->checks[k]);
    return true;
}

static void
view(void *owner, size_t farm, size_t i, struct admin_view *view)
{
    const struct status *status = owner;
    const struct node *node = node_at(status, farm, i);

    if (node == NULL) {
        *view = (struct admin_view){.state = health_id(HEALTH_DOWN),
                                    .order = node_admin_name(NODE_READY),
                                    .why = "memory is short",
                                    .check = check_of(status, NULL, NULL)};
        return;
    }
    view->state = health_id(node->health.state);
    view->up = health_is_alive(node->health.state);
    view->order = node_admin_name(node->admin);
    view->order_since_ms = status_wall_ms(status, node->admin_since_ms);
    view->why = node->why;
    view->weight = node->status.weight;
    view->since_ms = status_wall_ms(status, node->since_ms);
    view->check = check_of(status, node, telling_check(node));
}

static void
order(void *owner, size_t farm, size_t i, enum admin_deed deed, uint32_t weight,
      struct admin_verdict *verdict)
{
    const struct status *status = owner;
    struct node *node = node_at(status, farm, i);
    const char *who = "status endpoint";

    if (node == NULL) {
        verdict->end = ADMIN_REFUSED;
        snprintf(verdict->text, sizeof(verdict->text), "memory was short for it: reload");
        return;
    }
    switch (deed) {
    case ADMIN_DRAIN:
        node_set_admin(node, NODE_DRAIN, who);
        break;
    case ADMIN_READY:
        node_set_admin(node, NODE_READY, who);
        break;
    case ADMIN_MAINT:
        node_set_admin(node, NODE_MAINT, who);
        break;
    case ADMIN_WEIGHT:
        node_set_weight(node, (int32_t)weight, who);
        break;
    }
    verdict->end = ADMIN_DONE;
    snprintf(verdict->text, sizeof(verdict->text), "node %s: %s", node_label(node),
             action_deed_name(deed));
}

static bool
reload(void *owner, uint64_t ticket, struct admin_verdict *verdict)
{
    struct status *status = owner;
    const char *why = status->reload();

    if (why == NULL) {
        status->reload_ticket = ticket;
        return true;
    }
    verdict->end = ADMIN_REFUSED;
    snprintf(verdict->text, sizeof(verdict->text), "%s", why);
    return false;
}

void
status_reloaded(struct status *status, bool taken)
{
    struct admin_verdict verdict = {.end = taken ? ADMIN_DONE : ADMIN_REFUSED};
    uint64_t ticket = status->reload_ticket;

    status->reload_ticket = 0;
    snprintf(verdict.text, sizeof(verdict.text), "configuration %s",
             taken ? "taken" : "refused: memory is short");
    if (status->open && ticket != 0)
        server_answer(&status->server, ticket, &verdict);
}

static const struct admin_ops ops = {
    .ask = ask,
    .view = view,
    .check = check,
    .reload = reload,
    .order = order,
    .kick = kick,
    .bans = status_bans,
    .lift = status_lift,
    .trace = trace_begin,
    .trace_room = trace_on_room,
    .trace_gone = trace_on_gone,
};

/* Start and end. */

/* The socket is its owner's alone from the moment that it is there. */
static int
bind_socket(const struct conf_admin *conf)
{
    struct group *group;
    mode_t before = umask(0177);
    int fd = listener_bind(&conf->socket_addr);

    umask(before);
    if (fd == -1) {
        log_error("status", "cannot listen socket=%s error=\"%s\"%s", conf->socket,
                  strerror(errno), errno == ENOENT ? " remedy=\"make its folder\"" : "");
        return -1;
    }
    if (conf->socket_group[0] == '\0')
        return fd;
    group = getgrnam(conf->socket_group);
    if (group != NULL && chown(conf->socket, (uid_t)-1, group->gr_gid) == 0 &&
        chmod(conf->socket, 0660) == 0)
        return fd;
    log_error("status", "cannot give the socket to its group socket=%s group=%s error=\"%s\"",
              conf->socket, conf->socket_group,
              group == NULL ? "no such group" : strerror(errno));
    unlink(conf->socket);
    close(fd);
    return -1;
}

static int
bind_address(const struct conf_admin *conf)
{
    int fd = listener_bind(&conf->addr);
    char text[ADDR_TEXT_SIZE];
    struct addr bound;

    if (fd == -1) {
        log_error("status", "cannot listen address=%s error=\"%s\"", conf->address,
                  strerror(errno));
        return -1;
    }
    bound = listener_address(fd);
    log_notice("status", "listening address=%s tls=%s actions=%s", addr_format(&bound, text),
               conf->tls_server != NULL ? "yes" : "no", conf->token != NULL ? "by token" : "no");
    return fd;
}

bool
status_bind(struct status *status, const struct conf *conf)
{
    status->tcp = status->unix_ = -1;
    if (conf->admin == NULL)
        return true;
    if (conf->admin->addr.len > 0 && (status->tcp = bind_address(conf->admin)) == -1)
        return false;
    if (conf->admin->socket_addr.len == 0)
        return true;
    if ((status->unix_ = bind_socket(conf->admin)) == -1)
        return false;
    log_notice("status", "listening socket=%s actions=yes", conf->admin->socket);
    return true;
}

bool
status_start(struct status *status, struct conf *conf)
{
    if (conf->admin == NULL)
        return true;
    status->info.started_ms = status->info.loaded_ms = admin_wall_ms();
    if (!server_init(&status->server, status->loop, conf, status->tcp, status->unix_, &ops,
                     status, &status->info))
        return false;
    status->conf = conf_ref(conf);
    status->open = true;
    status_event(status, "program", "smpplex", "", "started", "");
    return true;
}

void
status_follow(struct status *status, struct conf *conf)
{
    if (!status->open)
        return;
    trace_end_all(status, "the configuration was read again");
    conf_unref(status->conf);
    status->conf = conf_ref(conf);
    status->info.loaded_ms = admin_wall_ms();
    server_follow(&status->server, conf);
    status_event(status, "configuration", "smpplex", "", "taken", "");
}

void
status_event(struct status *status, const char *kind, const char *who, const char *from,
             const char *to, const char *why)
{
    if (status->open)
        server_event(&status->server, kind, who, from, to, why);
}

/* What no worker took or brought back any more. */
static void
free_visits(struct status *status)
{
    struct visit *visit;

    while ((visit = status->visits) != NULL) {
        DL_DELETE(status->visits, visit);
        if (visit->on_home == census_home) {
            snapshot_free(container_of(visit, struct census, visit)->snapshot);
            free(container_of(visit, struct census, visit));
        } else {
            free(container_of(visit, struct kick, visit));
        }
    }
}

void
status_fini(struct status *status)
{
    if (!status->open) {
        if (status->tcp != -1)
            close(status->tcp);
        if (status->unix_ != -1)
            close(status->unix_);
        free(status->info.listeners);
        return;
    }
    free_visits(status);
    trace_close_all(status, "smpplex has ended");
    server_fini(&status->server);
    free(status->info.listeners);
    conf_unref(status->conf);
}
