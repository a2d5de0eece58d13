/* SPDX-License-Identifier: ISC */
/*
 * A stream's states, its end and its log line, and what becomes of all streams when a
 * node or the worker is to serve no longer. Which node it gets is decided in
 * stream_place.c; the octets are carried by net/relay.c.
 */
#include "proxy/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/log.h"
#include "net/tls.h"
#include "proxy/registry.h"
#include "proxy/session_gate.h"
#include "proxy/stream_inner.h"

#define SWEEP_MS 200        /* from one look for streams that may end to the next */
#define ANSWERED_MS 2000    /* nothing comes, and the node had the last word: */
#define UNANSWERED_MS 30000 /* or the client: then nothing is under way any more */

#define TO(symbol) (1U << STREAM_##symbol)
static const unsigned permitted[] = {
#define STREAM_STATE(symbol, name, next) [STREAM_##symbol] = (next),
#include "proxy/stream_state.def"
#undef STREAM_STATE
};

static const char *const state_names[] = {
#define STREAM_STATE(symbol, name, next) name,
#include "proxy/stream_state.def"
#undef STREAM_STATE
};

static const struct {
    const char *words;
    bool fair;
} ends[] = {
#define STREAM_END(symbol, words, fair) {words, fair},
#include "proxy/stream_end.def"
#undef STREAM_END
};

static uint64_t
now_ms(const struct stream *stream)
{
    return loop_now_ms(stream->proxy->loop);
}

const char *
stream_state_name(enum stream_state state)
{
    return state_names[state];
}

const char *
stream_label(const struct stream *stream)
{
    static _Thread_local char text[32 + ADDR_TEXT_SIZE];
    char addr[ADDR_TEXT_SIZE];

    snprintf(text, sizeof(text), "c%llu %s", (unsigned long long)stream->id,
             addr_format(&stream->peer, addr));
    return text;
}

static void
log_end(const struct stream *stream)
{
    enum log_level level = stream->end == STREAM_END_NO_NODE ||
                           stream->end == STREAM_END_NO_RESOURCES ? LOG_LEVEL_WARNING
                                                                  : LOG_LEVEL_INFO;

    log_limited(level, stream_label(stream),
                "ended reason=\"%s\" detail=\"%s\" node=%s seconds=%.1f bytes_up=%llu "
                "bytes_down=%llu",
                ends[stream->end].words, stream->end_detail,
                stream->node != NULL ? stream->farm->conf->nodes[stream->node->index].name : "-",
                (double)(now_ms(stream) - stream->accepted_at_ms) / 1000,
                (unsigned long long)stream->relay.up.bytes,
                (unsigned long long)stream->relay.down.bytes);
}

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct stream, grave));
}

static void
close_conns(struct stream *stream)
{
    relay_stop(&stream->relay);
    if (ends[stream->end].fair) {
        conn_close(&stream->client);
        conn_close(&stream->server);
    } else {
        conn_abort(&stream->client);
        conn_abort(&stream->server);
    }
}

static void
on_closed(struct stream *stream)
{
    struct proxy *proxy = stream->proxy;

    close_conns(stream);
    log_end(stream);
    stream_leave_node(stream);
    gate_leave(&stream->pass, proxy->loop->now_us);
    DL_DELETE(proxy->streams, stream);
    proxy->stream_count--;
    loop_bury(proxy->loop, &stream->grave, bury);
    proxy_check_empty(proxy);
}

void
stream_enter(struct stream *stream, enum stream_state state)
{
    struct loop *loop = stream->proxy->loop;

    ensure((permitted[stream->state] & 1U << state) != 0);
    log_debug(stream_label(stream), "%s -> %s", state_names[stream->state], state_names[state]);
    stream->state = state;
    loop_timer_stop(loop, &stream->timer);
    switch (state) {
    case STREAM_SHAKING:
        break;
    case STREAM_WAITING:
        stream_place(stream);
        break;
    case STREAM_CONNECTING:     /* the conn has a timer of its own */
        break;
    case STREAM_CARRYING:
        if (stream->listener->inactivity_timeout_ms != 0)
            loop_timer_start(loop, &stream->timer, stream->listener->inactivity_timeout_ms);
        break;
    case STREAM_CLOSED:
        on_closed(stream);
        break;
    }
}

void
stream_finish(struct stream *stream, enum stream_end end)
{
    stream->end = end;
    stream_enter(stream, STREAM_CLOSED);
}

void
stream_finish_by(struct stream *stream, enum stream_end why, enum conn_end end, int error)
{
    snprintf(stream->end_detail, sizeof(stream->end_detail), "%s", conn_end_words(end, error));
    stream_finish(stream, why);
}

uint64_t
stream_active_at_ms(const struct stream *stream)
{
    return stream->state == STREAM_CARRYING ? stream->relay.moved_at_ms : stream->accepted_at_ms;
}

/*
 * The timer.
 */

static void
check_idle(struct stream *stream)
{
    uint64_t limit = stream->listener->inactivity_timeout_ms;
    uint64_t idle = now_ms(stream) - stream->relay.moved_at_ms;

    if (limit == 0)
        return;
    if (idle >= limit)
        stream_finish(stream, STREAM_END_IDLE);
    else
        loop_timer_start(stream->proxy->loop, &stream->timer, limit - idle);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct stream *stream = timer->data;

    (void)ev;
    (void)revents;
    switch (stream->state) {
    case STREAM_SHAKING:
        stream_finish(stream, STREAM_END_HANDSHAKE_TIMEOUT);
        break;
    case STREAM_WAITING:
        stream_place(stream);
        break;
    case STREAM_CARRYING:
        check_idle(stream);
        break;
    case STREAM_CONNECTING:
    case STREAM_CLOSED:
        break;
    }
}

/*
 * The two conns.
 */

static void
on_client_open(struct conn *conn)
{
    stream_enter(conn->owner, STREAM_WAITING);
}

/* Paused until they are taken, neither is ever read by its conn. */
static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    (void)conn;
    (void)bytes;
    return n;
}

static void
on_room(struct conn *conn)
{
    (void)conn;
}

static void
on_client_end(struct conn *conn, enum conn_end end, int error)
{
    struct stream *stream = conn->owner;

    if (stream->end == STREAM_END_GATE || stream->end == STREAM_END_PROXY_HEADER) {
        stream_finish(stream, stream->end);     /* on_header has said why */
        return;
    }
    if (stream->state == STREAM_SHAKING && stream->listener->tls_server != NULL)
        stream->proxy->counters.tls_failed++;
    stream_finish_by(stream, STREAM_END_CLIENT, end, error);
}

static void
on_server_end(struct conn *conn, enum conn_end end, int error)
{
    struct stream *stream = conn->owner;

    if (stream->state == STREAM_CONNECTING) {
        stream_on_failed(stream, end, error);
        return;
    }
    stream->node->counts.links_lost++;
    stream_finish_by(stream, STREAM_END_NODE, end, error);
}

static const struct conn_ops client_ops = {
    .on_open = on_client_open, .on_bytes = on_bytes, .on_room = on_room, .on_end = on_client_end,
};

static const struct conn_ops server_ops = {
    .on_open = stream_on_connected, .on_bytes = on_bytes, .on_room = on_room,
    .on_end = on_server_end,
};

static void
on_ready(struct conn *conn, int events)
{
    struct stream *stream = conn->owner;

    relay_on_ready(&stream->relay, conn, events);
}

static void
on_done(struct relay *relay)
{
    stream_finish(container_of(relay, struct stream, relay), STREAM_END_DONE);
}

void
stream_carry(struct stream *stream)
{
    struct proxy *proxy = stream->proxy;

    stream_enter(stream, STREAM_CARRYING);
    relay_start(&stream->relay, proxy->loop, &proxy->pipes, &stream->client, &stream->server,
                &stream->node->counts.bytes_up, &stream->node->counts.bytes_down, on_ready,
                on_done);
}

static struct stream *
stream_new(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return NULL;
    stream->proxy = proxy;
    stream->listener = listener;
    stream->farm = farm_get(proxy, listener->farm);
    stream->id = proxy_next_id(proxy);
    stream->peer = *peer;
    stream->accepted_at_ms = loop_now_ms(proxy->loop);
    stream->pause_ms = listener->farm->reconnect_ms;
    conn_init(&stream->client, proxy->loop, &client_ops, stream);
    conn_init(&stream->server, proxy->loop, &server_ops, stream);
    ev_init(&stream->timer, on_timer);
    stream->timer.data = stream;
    DL_APPEND(proxy->streams, stream);
    proxy->stream_count++;
    return stream;
}

/* The conn ends by itself where this says so. */
static bool
on_header(struct conn *conn, const struct proxy_header *header, const char *why)
{
    struct stream *stream = conn->owner;
    struct counters *counters = &stream->proxy->counters;
    enum gate_refusal refusal;

    if (header == NULL) {
        counters->bad_proxy_headers++;
        stream->end = STREAM_END_PROXY_HEADER;
        snprintf(stream->end_detail, sizeof(stream->end_detail), "%s", why);
        return false;
    }
    if (header->source.len != 0) {
        stream->peer = header->source;
        stream->local = header->dest;
    }
    refusal = gate_identify(&stream->pass, stream->listener, &stream->peer,
                            stream->proxy->loop->now_us);
    gate_count(counters, refusal);
    if (refusal != GATE_OPEN) {
        stream->end = STREAM_END_GATE;
        snprintf(stream->end_detail, sizeof(stream->end_detail), "%s", gate_refusal_words(refusal));
    }
    return refusal == GATE_OPEN;
}

static const struct proxied_ops proxied_ops = {.on_header = on_header};

void
stream_accept(struct proxy *proxy, const struct conf_listener *listener, int fd,
              const struct addr *peer)
{
    struct gate_pass pass;
    struct stream *stream;
    int on = 1;

    proxy->counters.streams_accepted++;
    if (!gate_admit(proxy, listener, peer, &pass)) {
        close(fd);
        return;
    }
    stream = stream_new(proxy, listener, peer);
    if (stream == NULL) {
        log_limited(LOG_LEVEL_ERROR, listener->name, "out of memory, connection refused");
        gate_leave(&pass, proxy->loop->now_us);
        close(fd);
        return;
    }
    stream->pass = pass;
    /* Who is gone without a word is found out some time; fails on a unix socket. */
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (listener->tls_server != NULL)
        tls_accept(&stream->client, listener->tls_server);
    (void)gate_expect_header(&stream->client, listener, peer, &proxied_ops);
    conn_accept(&stream->client, fd);
    conn_pause(&stream->client);
    if (stream->client.state == CONN_OPEN)
        stream_enter(stream, STREAM_WAITING);
    else
        loop_timer_start(proxy->loop, &stream->timer, listener->bind_timeout_ms);
}

/*
 * All streams.
 */

void
streams_on_status(struct farm *farm)
{
    struct stream *stream, *next;

    DL_FOREACH_SAFE(farm->proxy->streams, stream, next) {
        if (stream->farm != farm)
            continue;
        if (stream->state == STREAM_WAITING)
            loop_timer_start(farm->proxy->loop, &stream->timer, 0);
        else if (stream->node == NULL || !stream->node->status.closes)
            continue;
        else if (stream->state == STREAM_CONNECTING)
            stream_break_off(stream);
        else
            stream_finish(stream, STREAM_END_DOWN);
    }
}

/* As far as can be told from outside. */
static bool
seems_idle(const struct stream *stream)
{
    const struct relay *relay = &stream->relay;
    uint64_t silent = now_ms(stream) - relay->moved_at_ms;

    return silent >= (relay->up_last ? UNANSWERED_MS : ANSWERED_MS);
}

bool
streams_retire(struct farm *farm, const struct farm_node *node)
{
    struct stream *stream, *next;
    bool all = true;

    DL_FOREACH_SAFE(farm->proxy->streams, stream, next) {
        if (stream->node != node || !farm_node_retires(node, stream->moves))
            continue;
        if (stream->state == STREAM_CARRYING && seems_idle(stream))
            stream_finish(stream, STREAM_END_RETIRED);
        else
            all = false;
    }
    return all;
}

static void
drain(struct stream *stream)
{
    switch (stream->state) {
    case STREAM_SHAKING:
    case STREAM_WAITING:
        stream_finish(stream, STREAM_END_DRAIN);
        break;
    case STREAM_CARRYING:
        if (seems_idle(stream))
            stream_finish(stream, STREAM_END_DRAIN);
        break;
    case STREAM_CONNECTING:
    case STREAM_CLOSED:
        break;
    }
}

static void
on_sweep(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    streams_drain(timer->data);
}

void
streams_drain(struct proxy *proxy)
{
    struct stream *stream, *next;

    if (!ev_is_active(&proxy->sweep)) {
        ev_init(&proxy->sweep, on_sweep);
        proxy->sweep.data = proxy;
    }
    DL_FOREACH_SAFE(proxy->streams, stream, next)
        drain(stream);
    if (proxy->streams != NULL)
        loop_timer_start(proxy->loop, &proxy->sweep, SWEEP_MS);
}

void
streams_stop(struct proxy *proxy)
{
    struct stream *stream, *next;

    loop_timer_stop(proxy->loop, &proxy->sweep);
    DL_FOREACH_SAFE(proxy->streams, stream, next)
        stream_finish(stream, STREAM_END_STOP);
}
