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

#include "base/log.h"
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

/* The state of a node, as far as its links tell: up while any is bound, down while there
 * are some and none is. Without any it stays what it was. */
static void
look_at_node(struct status *status, const struct conf_farm *farm, size_t i,
             const struct node_counts *counts, struct status_node *node)
{
    bool up = counts->bound > 0 || (counts->links == 0 && (!node->seen || node->up));
    char who[80];

    if (node->seen && node->up == up)
        return;
    snprintf(node->why, sizeof(node->why), "%s",
             counts->bound > 0 ? "a link is bound" : up ? "no link yet" : "no link is bound");
    node->since_ms = admin_wall_ms();
    snprintf(who, sizeof(who), "%s/%s", farm->name, farm->nodes[i].name);
    if (node->seen)
        server_event(&status->server, "node", who, up ? "down" : "up", up ? "up" : "down",
                     node->why);
    node->seen = true;
    node->up = up;
}

static bool
grow(struct status_farm *farm, size_t n)
{
    struct status_node *nodes;

    if (n <= farm->count)
        return true;
    nodes = realloc(farm->nodes, n * sizeof(*nodes));
    if (nodes == NULL)
        return false;
    memset(nodes + farm->count, 0, (n - farm->count) * sizeof(*nodes));
    farm->nodes = nodes;
    farm->count = n;
    return true;
}

static void
look_at_nodes(struct status *status, const struct snapshot *snapshot)
{
    const struct conf_farm *conf;
    struct status_farm *farm;
    size_t i, k;

    for (i = 0; i < snapshot->conf->farm_count; i++) {
        conf = &snapshot->conf->farms[i];
        farm = &status->farms[i];
        if (!grow(farm, conf->node_count))
            return;
        for (k = 0; k < conf->node_count; k++)
            look_at_node(status, conf, k, &snapshot->farms[i].nodes[k], &farm->nodes[k]);
    }
}

static void
census_home(struct visit *visit)
{
    struct census *census = container_of(visit, struct census, visit);
    struct status *status = census->status;

    DL_DELETE(status->visits, visit);
    look_at_nodes(status, census->snapshot);
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

static void
view(void *owner, size_t farm, size_t i, struct admin_view *view)
{
    const struct status *status = owner;
    const struct conf_node *conf = &status->conf->farms[farm].nodes[i];
    const struct status_node *node;

    view->state = "up";
    view->up = true;
    view->order = "ready";
    view->why = "no link yet";
    view->check = "links";
    view->outcome = "";
    view->weight = conf->weight;
    view->since_ms = status->info.started_ms;
    if (i >= status->farms[farm].count || !status->farms[farm].nodes[i].seen)
        return;
    node = &status->farms[farm].nodes[i];
    view->state = node->up ? "up" : "down";
    view->up = node->up;
    view->why = node->why;
    view->since_ms = node->since_ms;
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
    .reload = reload,
    .order = NULL,
    .kick = kick,
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
    if (fd == -1)
        log_error("status", "cannot listen socket=%s error=\"%s\"", conf->socket,
                  strerror(errno));
    if (fd == -1 || conf->socket_group[0] == '\0')
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
    log_notice("status", "listening address=%s actions=%s", addr_format(&bound, text),
               conf->token != NULL ? "by token" : "no");
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
    return conf->admin->socket_addr.len == 0 ||
           (status->unix_ = bind_socket(conf->admin)) != -1;
}

bool
status_start(struct status *status, struct conf *conf)
{
    if (conf->admin == NULL)
        return true;
    status->info.started_ms = status->info.loaded_ms = admin_wall_ms();
    status->farms = calloc(conf->farm_count + 1, sizeof(*status->farms));
    if (status->farms == NULL ||
        !server_init(&status->server, status->loop, conf, status->tcp, status->unix_, &ops,
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
    size_t i;

    if (!status->open) {
        if (status->tcp != -1)
            close(status->tcp);
        if (status->unix_ != -1)
            close(status->unix_);
        free(status->farms);
        free(status->info.listeners);
        return;
    }
    free_visits(status);
    server_fini(&status->server);
    for (i = 0; i < status->conf->farm_count; i++)
        free(status->farms[i].nodes);
    free(status->farms);
    free(status->info.listeners);
    conf_unref(status->conf);
}
