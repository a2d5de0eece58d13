/* SPDX-License-Identifier: ISC */
/*
 * Who may connect, who has to go when too many do, when workers are asked, and what is
 * rendered once for many. What a request means is client.c's.
 */
#include "admin/server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "admin/client.h"
#include "base/log.h"

#define FRESH_US 100000     /* a snapshot of nodes serves for so long */
#define TICK_MS 1000
#define PACE_MS 10          /* from one list to the next */

/* Doors. */

/* Who is of the least use: one that is ending, or the one that has been longest
 * without a whole request. */
static struct client *
least_useful(const struct door *door)
{
    struct client *client, *reading = NULL;

    DL_FOREACH(door->clients, client) {
        if (client->state == CLIENT_ENDING)
            return client;
        if (client->state == CLIENT_READING && reading == NULL)
            reading = client;
    }
    return reading;
}

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    struct door *door = listener->owner;
    struct client *victim;

    if (door->count >= door->server->conf->admin->max_connections) {
        victim = least_useful(door);
        log_limited(LOG_LEVEL_NOTICE, listener->name, "too many connections, %s",
                    victim != NULL ? "the one that said nothing for longest is closed"
                                   : "a new one is refused");
        if (victim == NULL) {
            close(fd);
            return;
        }
        client_close(victim);
    }
    client_open(door, fd, peer);
}

static void
open_door(struct server *server, struct door *door, int fd, bool is_unix)
{
    door->server = server;
    door->is_unix = is_unix;
    door->listener.name = "status";
    door->listener.owner = door;
    door->listener.on_accept = on_accept;
    door->listener.fd = -1;
    if (fd != -1)
        listener_open(&door->listener, server->loop, fd);
}

static void
close_door(struct door *door)
{
    listener_close(&door->listener);
    while (door->clients != NULL)
        client_close(door->clients);
}

/* Snapshots. */

static void
forget_rendered(struct server *server)
{
    size_t i;

    for (i = 0; i < RESOURCES; i++) {
        blob_unref(server->cache[i].body);
        server->cache[i].body = NULL;
    }
}

static bool
ask(struct server *server, enum snapshot_list list, const struct client *client)
{
    struct snapshot *snapshot;

    snapshot = snapshot_new(server->conf, list, client != NULL ? client->offset : 0,
                            client != NULL ? client->limit : 0);
    if (snapshot == NULL)
        return false;
    if (client != NULL)
        memcpy(snapshot->name, client->name, sizeof(snapshot->name));
    if (server->ops->ask(server->owner, snapshot))
        return true;
    snapshot_free(snapshot);
    return false;
}

static struct reading
read_snapshot(const struct server *server, const struct snapshot *snapshot)
{
    return (struct reading){
        .snapshot = snapshot,
        .conf = snapshot->conf,
        .ops = server->ops,
        .owner = server->owner,
        .info = server->info,
        .history = &server->history,
        .events = &server->events,
        .wall_ms = admin_wall_ms(),
        .uptime_ms = loop_now_ms(server->loop) - server->opened_ms,
        .connections = server->tcp.count + server->unix_.count,
        .requests = server->requests,
        .refused = server->refused,
        .tls_failed = server->tls_failed,
        .traces = server_traces(server),
    };
}

static bool
is_fresh(const struct server *server)
{
    return server->latest != NULL && server->loop->now_us - server->latest_us < FRESH_US;
}

static void
give_latest(struct server *server, struct client *client)
{
    struct reading reading = read_snapshot(server, server->latest);

    client_give(client, &reading);
}

/* The one that has waited longest for a list, of either door. */
static struct client *
next_for_list(struct server *server)
{
    struct client *client;

    DL_FOREACH(server->unix_.clients, client)
        if (client->state == CLIENT_ASKING && client->list != SNAPSHOT_NO_LIST)
            return client;
    DL_FOREACH(server->tcp.clients, client)
        if (client->state == CLIENT_ASKING && client->list != SNAPSHOT_NO_LIST)
            return client;
    return NULL;
}

/* Returns the client that can't be told, or NULL. */
static struct client *
ask_for_list(struct server *server)
{
    struct client *client = next_for_list(server);

    if (client == NULL || server->list_asked || ev_is_active(&server->pace))
        return NULL;
    server->list_asked = ask(server, client->list, client);
    server->listed = server->list_asked ? client : NULL;
    if (server->list_asked)
        return NULL;
    client_give(client, NULL);
    return client;
}

static void
on_pace(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct client *failed = ask_for_list(timer->data);

    (void)ev;
    (void)revents;
    if (failed != NULL)
        client_go_on(failed);
}

void
server_want(struct server *server, struct client *client)
{
    struct client *failed;

    if (client->list != SNAPSHOT_NO_LIST) {
        failed = ask_for_list(server);
        if (failed != NULL && failed != client)
            client_go_on(failed);
        return;
    }
    if (is_fresh(server)) {
        give_latest(server, client);
        return;
    }
    if (!server->asked)
        server->asked = ask(server, SNAPSHOT_NO_LIST, NULL);
    if (!server->asked)
        client_give(client, NULL);
}

void
server_forget(struct server *server, struct client *client)
{
    uint64_t trace = client->trace;

    if (server->listed == client)
        server->listed = NULL;
    client->trace = 0;
    if (trace != 0)
        server->ops->trace_gone(server->owner, trace);
}

static void
serve_door(struct server *server, struct door *door)
{
    struct client *client, *next;

    DL_FOREACH_SAFE(door->clients, client, next)
        if (client->state == CLIENT_ASKING && client->list == SNAPSHOT_NO_LIST) {
            give_latest(server, client);
            client_go_on(client);
        }
}

static void
take_nodes(struct server *server, struct snapshot *snapshot)
{
    server->asked = false;
    snapshot_free(server->latest);
    forget_rendered(server);
    server->latest = snapshot;
    server->latest_us = server->loop->now_us;
    if (server->sample_due)
        history_add(&server->history, snapshot, server->latest_us, admin_wall_ms());
    server->sample_due = false;
    serve_door(server, &server->unix_);
    serve_door(server, &server->tcp);
}

static void
take_list(struct server *server, struct snapshot *snapshot)
{
    struct reading reading = read_snapshot(server, snapshot);
    struct client *client = server->listed;

    server->list_asked = false;
    server->listed = NULL;
    loop_timer_start(server->loop, &server->pace, PACE_MS);
    if (client != NULL && client->state == CLIENT_ASKING) {
        client_give(client, &reading);
        client_go_on(client);
    }
    snapshot_free(snapshot);
}

void
server_take(struct server *server, struct snapshot *snapshot)
{
    if (snapshot->list == SNAPSHOT_NO_LIST)
        take_nodes(server, snapshot);
    else
        take_list(server, snapshot);
}

static void
on_tick(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct server *server = timer->data;

    (void)ev;
    (void)revents;
    loop_timer_start(server->loop, timer, TICK_MS);
    server->sample_due = true;
    if (!server->asked)
        server->asked = ask(server, SNAPSHOT_NO_LIST, NULL);
}

/* Answers without a query are the same for all. */
struct answer
server_render(struct server *server, struct client *client, const struct reading *reading)
{
    struct answer *cached = &server->cache[client->resource], answer;

    if (client->list != SNAPSHOT_NO_LIST || client->request.query[0] != '\0')
        return resource_render(client->resource, reading, &client->request);
    if (cached->body == NULL)
        *cached = resource_render(client->resource, reading, &client->request);
    answer = *cached;
    if (answer.body != NULL)
        blob_ref(answer.body);
    return answer;
}

/* Actions. */

static bool
find_node(const struct conf *conf, const struct action *action, size_t *farm, size_t *node)
{
    const struct conf_farm *its;

    for (*farm = 0; *farm < conf->farm_count; ++*farm) {
        its = &conf->farms[*farm];
        if (strcmp(its->name, action->farm) != 0)
            continue;
        for (*node = 0; *node < its->node_count; ++*node)
            if (!its->nodes[*node].gone && strcmp(its->nodes[*node].name, action->node) == 0)
                return true;
    }
    return false;
}

static void
order_node(struct server *server, const struct action *action, struct admin_verdict *verdict)
{
    size_t farm, node;

    if (!find_node(server->conf, action, &farm, &node)) {
        verdict->end = ADMIN_UNKNOWN;
        snprintf(verdict->text, sizeof(verdict->text), "there is no node %s/%s", action->farm,
                 action->node);
    } else if (server->ops->order == NULL) {
        verdict->end = ADMIN_MISSING;
        snprintf(verdict->text, sizeof(verdict->text), "nodes cannot be told to %s here",
                 action_deed_name(action->deed));
    } else {
        server->ops->order(server->owner, farm, node, action->deed, action->weight, verdict);
    }
}

uint64_t
server_act(struct server *server, const struct action *action, struct admin_verdict *verdict)
{
    const struct addr *addr = action->addr.len > 0 ? &action->addr : NULL;
    uint64_t ticket = 0;

    verdict->end = ADMIN_REFUSED;
    snprintf(verdict->text, sizeof(verdict->text), "this cannot be done now");
    if (action->kind == ACTION_NODE)
        order_node(server, action, verdict);
    else if (action->kind == ACTION_LIFT)
        server->ops->lift(server->owner, addr, verdict);
    else if (action->kind == ACTION_RELOAD
                 ? server->ops->reload(server->owner, server->ticket + 1, verdict)
                 : server->ops->kick(server->owner, action->session, server->ticket + 1))
        ticket = ++server->ticket;
    /* What it has changed is to be seen at once. */
    server->latest_us = 0;
    forget_rendered(server);
    return ticket;
}

static bool
answer_at(struct door *door, uint64_t ticket, const struct admin_verdict *verdict)
{
    struct client *client;

    DL_FOREACH(door->clients, client)
        if (client->state == CLIENT_ACTING && client->ticket == ticket) {
            client_tell(client, verdict);
            client_go_on(client);
            return true;
        }
    return false;
}

void
server_answer(struct server *server, uint64_t ticket, const struct admin_verdict *verdict)
{
    if (!answer_at(&server->tcp, ticket, verdict))
        (void)answer_at(&server->unix_, ticket, verdict);
}

void
server_event(struct server *server, const char *kind, const char *who, const char *from,
             const char *to, const char *why)
{
    events_add(&server->events, kind, who, from, to, why);
    forget_rendered(server);
}

void
server_follow(struct server *server, struct conf *conf)
{
    conf_unref(server->conf);
    server->conf = conf_ref(conf);
    server->latest_us = 0;
    forget_rendered(server);
}

bool
server_init(struct server *server, struct loop *loop, struct conf *conf, int tcp, int unix_,
            const struct admin_ops *ops, void *owner, struct admin_info *info)
{
    memset(server, 0, sizeof(*server));
    server->loop = loop;
    server->ops = ops;
    server->owner = owner;
    server->info = info;
    server->opened_ms = loop_now_ms(loop);
    if (!history_init(&server->history, conf->farm_count))
        return false;
    server->conf = conf_ref(conf);
    ev_init(&server->tick, on_tick);
    server->tick.data = server;
    ev_init(&server->pace, on_pace);
    server->pace.data = server;
    open_door(server, &server->tcp, tcp, false);
    open_door(server, &server->unix_, unix_, true);
    loop_timer_start(loop, &server->tick, 0);
    return true;
}

void
server_fini(struct server *server)
{
    close_door(&server->tcp);
    close_door(&server->unix_);
    loop_timer_stop(server->loop, &server->tick);
    loop_timer_stop(server->loop, &server->pace);
    snapshot_free(server->latest);
    forget_rendered(server);
    history_fini(&server->history);
    conf_unref(server->conf);
}
