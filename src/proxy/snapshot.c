/* SPDX-License-Identifier: ISC */
/*
 * What a worker tells of itself. Without a list it takes a few microseconds, however
 * many sessions there are: all is counted where it changes. A list is walked, but
 * only SNAPSHOT_LIST_MAX of it are written down.
 */
#include "proxy/snapshot.h"

#include <string.h>
#include <utlist.h>

#include "base/escape.h"
#include "proxy/account.h"
#include "proxy/farm.h"
#include "proxy/linkset.h"
#include "proxy/session.h"
#include "proxy/session_inner.h"
#include "proxy/stream.h"
#include "route/rule.h"

static const struct snapshot_counter counter_info[] = {
#define COUNTER(symbol, meaning) {#symbol, meaning},
#include "proxy/counter.def"
#undef COUNTER
};

#define COUNTERS (sizeof(counter_info) / sizeof(counter_info[0]))
_Static_assert(COUNTERS <= SNAPSHOT_COUNTERS_MAX, "all counters have room");

static void
add_counters(const struct counters *counters, struct snapshot *snapshot)
{
    size_t i = 0;

    snapshot->counter_info = counter_info;
    snapshot->counter_count = COUNTERS;
#define COUNTER(symbol, meaning) snapshot->counters[i++] += counters->symbol;
#include "proxy/counter.def"
#undef COUNTER
}

/* The worker may be a change of configuration ahead: only what both know counts. */
static void
add_farm(struct farm *farm, const struct conf *conf, struct snapshot *snapshot)
{
    size_t at = (size_t)(farm->conf - conf->farms), i;
    struct snapshot_farm *sum = &snapshot->farms[at];
    size_t known = snapshot->conf->farms[at].node_count;

    for (i = 0; i < farm->conf->node_count && i < known; i++)
        node_counts_add(&sum->nodes[i], &farm->nodes[i]->counts);
    set_expire(&farm->sets, loop_now_ms(farm->proxy->loop));
    sum->sets += farm->sets.count;
    sum->sets_begun += farm->sets.begun;
    sum->sets_expired += farm->sets.expired;
    sum->sets_evicted += farm->sets.evicted;
}

/* As for farms: a route counts that both know by that number. */
static void
add_routes(const struct proxy *proxy, struct snapshot *snapshot)
{
    const struct conf_listener *ours, *theirs;
    size_t i, j;

    for (i = 0; i < snapshot->conf->listener_count; i++) {
        ours = &proxy->conf->listeners[i];
        theirs = &snapshot->conf->listeners[i];
        for (j = 0; j < ours->route_count && j < theirs->route_count; j++)
            if (ours == theirs || rule_equal(&ours->routes[j], &theirs->routes[j]))
                snapshot->routes[i][j] += proxy->route_counts[i][j];
    }
}

static void
fill_account(const struct account *account, const struct conf *conf, struct snapshot_account *row)
{
    size_t i;

    row->farm = (size_t)(account->farm->conf - conf->farms);
    escape(row->system_id, sizeof(row->system_id), account->key + sizeof(account->farm),
           account->key_len - sizeof(account->farm));
    row->sessions = account->sessions;
    for (i = 0; i < account->farm->conf->node_count; i++) {
        row->links += account->balance.links[i];
        row->pending += account->balance.open[i];
    }
}

static void
add_accounts(struct proxy *proxy, const struct conf *conf, struct snapshot *snapshot)
{
    struct account *account;

    for (account = proxy->accounts; account != NULL; account = account->hh.next)
        if (snapshot_wants_row(snapshot))
            fill_account(account, conf, &snapshot->accounts[snapshot->count - 1]);
}

static void
fill_branches(struct session *session, struct snapshot_session *row)
{
    const struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        row->links += branch->linkset != NULL ? branch->linkset->bound : 0;
        if (branch->farm != NULL && row->farm_count < SNAPSHOT_FARMS_MAX)
            row->farms[row->farm_count++] = (uint16_t)branch->farm->index;
    }
}

static void
fill_session(struct session *session, const struct conf *conf, struct snapshot_session *row)
{
    uint64_t now = loop_now_ms(session->proxy->loop);

    row->id = session->id;
    row->listener = (size_t)(session->listener - conf->listeners);
    memcpy(row->system_id, session->system_id, sizeof(session->system_id));
    row->peer = session->peer;
    row->state = session_state_name(session->state);
    row->bind = session->bound_state != 0
                    ? command_find(session->bind_command)->name + strlen("bind_") : "";
    row->version = session->interface_version;
    row->tls = session->conn.transport != &transport_plain;
    row->reads = !session->conn.paused;
    fill_branches(session, row);
    row->requests = session->requests;
    row->responses = session->responses;
    row->deliveries = session->deliveries;
    row->bytes_in = session->bytes_in;
    row->bytes_out = session->conn.queued;
    row->pending = session->in_flight;
    row->window_open = session->window.open;
    row->window_limit = session->window.limit;
    row->held_bytes = session_held_bytes(session);
    row->held_down_bytes = session->held_down.bytes;
    row->age_ms = now - session->accepted_at_ms;
    row->idle_ms = now - session->active_at_ms;
}

_Static_assert(SESSION_NAME_SIZE <= SNAPSHOT_NAME_SIZE, "a system_id has room");

static void
add_sessions(struct proxy *proxy, const struct conf *conf, uint32_t worker,
             struct snapshot *snapshot)
{
    struct snapshot_session *row;
    struct session *session;

    DL_FOREACH(proxy->sessions, session) {
        if (snapshot->name[0] != '\0' && strcmp(snapshot->name, session->system_id) != 0)
            continue;
        if (!snapshot_wants_row(snapshot))
            continue;
        row = &snapshot->rows[snapshot->count - 1];
        row->worker = worker;
        fill_session(session, conf, row);
    }
}

static void
fill_stream(const struct stream *stream, const struct conf *conf, struct snapshot_session *row)
{
    uint64_t now = loop_now_ms(stream->proxy->loop);

    row->id = stream->id;
    row->listener = (size_t)(stream->listener - conf->listeners);
    row->peer = stream->peer;
    row->state = stream_state_name(stream->state);
    row->bind = "";
    row->tls = stream->listener->tls_server != NULL;
    row->reads = stream->state == STREAM_CARRYING;
    row->links = stream->is_open;
    row->bytes_in = stream->relay.up.bytes;
    row->bytes_out = stream->relay.down.bytes;
    row->age_ms = now - stream->accepted_at_ms;
    row->idle_ms = now - stream_active_at_ms(stream);
}

/* They have no system_id: a list of those that have a certain one has none of them. */
static void
add_streams(struct proxy *proxy, const struct conf *conf, uint32_t worker,
            struct snapshot *snapshot)
{
    struct snapshot_session *row;
    struct stream *stream;

    DL_FOREACH(proxy->streams, stream) {
        if (snapshot->name[0] != '\0' || !snapshot_wants_row(snapshot))
            continue;
        row = &snapshot->rows[snapshot->count - 1];
        row->worker = worker;
        fill_stream(stream, conf, row);
    }
}

void
proxy_add_to_snapshot(struct proxy *proxy, const struct conf *conf, uint32_t worker,
                      struct snapshot *snapshot)
{
    struct farm *farm;

    snapshot->workers++;
    snapshot->sessions += proxy->session_count;
    snapshot->sessions_bound += proxy->bound_count;
    snapshot->streams += proxy->stream_count;
    snapshot->linksets += proxy->linkset_count;
    snapshot->memory += proxy->loop->slab.used;
    snapshot->accounts_open += HASH_COUNT(proxy->accounts);
    add_counters(&proxy->counters, snapshot);
    LL_FOREACH(proxy->farms, farm)
        add_farm(farm, conf, snapshot);
    add_routes(proxy, snapshot);
    switch (snapshot->list) {
    case SNAPSHOT_NO_LIST:
        break;
    case SNAPSHOT_ACCOUNTS:
        add_accounts(proxy, conf, snapshot);
        break;
    case SNAPSHOT_SESSIONS:
        add_sessions(proxy, conf, worker, snapshot);
        add_streams(proxy, conf, worker, snapshot);
        break;
    }
}

static bool
kick_stream(struct proxy *proxy, uint64_t id)
{
    struct stream *stream;

    DL_FOREACH(proxy->streams, stream)
        if (stream->id == id) {
            stream_finish(stream, STREAM_END_KICKED);
            return true;
        }
    return false;
}

bool
proxy_kick(struct proxy *proxy, uint64_t id)
{
    struct session *session;

    DL_FOREACH(proxy->sessions, session)
        if (session->id == id) {
            if (session->state != SESSION_BOUND)
                return false;
            session_drain(session, SESSION_END_KICKED);
            return true;
        }
    return kick_stream(proxy, id);
}
