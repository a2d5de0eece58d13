/* SPDX-License-Identifier: ISC */
/*
 * Which node a stream gets: the one that the farm's rule says, then, as long as no octet
 * was sent, another one where a connection comes to nothing, and a wait where none is up.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "net/listener.h"
#include "net/proxied.h"
#include "net/tls.h"
#include "proxy/stream_inner.h"

static uint64_t
now_ms(const struct stream *stream)
{
    return loop_now_ms(stream->proxy->loop);
}

/* Of the client's host; its port is another each time. */
static uint64_t
source_hash(const struct addr *addr)
{
    if (addr->sa.any.sa_family == AF_INET)
        return hash_bytes(&addr->sa.in4.sin_addr, sizeof(addr->sa.in4.sin_addr), 0);
    if (addr->sa.any.sa_family == AF_INET6)
        return hash_bytes(&addr->sa.in6.sin6_addr, sizeof(addr->sa.in6.sin6_addr), 0);
    return 0;
}

void
stream_leave_node(struct stream *stream)
{
    struct farm_node *node = stream->node;

    if (node == NULL)
        return;
    node->counts.bound -= stream->is_open;
    stream->is_open = false;
    node->counts.links--;
    stream->farm->connections.open[node->index]--;
    stream->node = NULL;
}

static void
take_node(struct stream *stream, size_t index)
{
    stream->node = stream->farm->nodes[index];
    stream->moves = stream->node->moves;
    stream->farm->connections.open[index]++;
    stream->node->counts.links++;
}

static void
connect_to_node(struct stream *stream)
{
    const struct conf_farm *farm = stream->farm->conf;
    struct tls_client *tls = farm->nodes[stream->node->index].tls_client;

    if (tls != NULL)
        tls_connect(&stream->server, tls);
    else
        tls_without(&stream->server);
    if (farm->nodes[stream->node->index].send_proxy) {
        if (stream->local.len == 0)
            stream->local = listener_address(stream->client.fd);
        proxied_connect(&stream->server, &stream->peer, &stream->local);
    }
    conn_connect(&stream->server, &stream->node->status.addr, farm->connect_timeout_ms);
    stream_enter(stream, STREAM_CONNECTING);
}

/* No node is there, or none that was not tried. Until a status changes, and in the second
 * case for a moment only. */
static void
wait_for_node(struct stream *stream)
{
    const struct conf_farm *farm = stream->farm->conf;
    uint64_t now = now_ms(stream), ms;

    if (stream->waits_until_ms == 0)
        stream->waits_until_ms = now + farm->queue_timeout_ms;
    if (stream->waits_until_ms <= now) {
        stream_finish(stream, STREAM_END_NO_NODE);
        return;
    }
    ms = stream->waits_until_ms - now;
    if (stream->tried != 0) {
        stream->tried = 0;
        ms = stream->pause_ms < ms ? stream->pause_ms : ms;
        stream->pause_ms = stream->pause_ms * 2 < farm->reconnect_max_ms ? stream->pause_ms * 2
                                                                         : farm->reconnect_max_ms;
    }
    loop_timer_start(stream->proxy->loop, &stream->timer, ms);
}

void
stream_place(struct stream *stream)
{
    struct balance *balance = &stream->farm->connections;
    size_t node;

    if (balance_connection(balance, source_hash(&stream->peer), stream->tried, &node)) {
        take_node(stream, node);
        connect_to_node(stream);
    } else {
        wait_for_node(stream);
    }
}

void
stream_on_connected(struct conn *conn)
{
    struct stream *stream = conn->owner;
    int on = 1;

    /* As for the client. */
    (void)setsockopt(conn->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    stream->node->counts.links_bound++;
    stream->node->failures = 0;
    stream->node->counts.bound++;
    stream->is_open = true;
    stream_carry(stream);
}

static void
count_failure(struct stream *stream, enum conn_end end, int error)
{
    struct farm_node *node = stream->node;

    snprintf(stream->end_detail, sizeof(stream->end_detail), "%s", conn_end_words(end, error));
    log_limited(LOG_LEVEL_NOTICE, stream_label(stream), "cannot connect node=%s reason=\"%s\"",
                stream->farm->conf->nodes[node->index].name, stream->end_detail);
    node->counts.links_failed++;
    if (!conn_end_is_ours(end))
        farm_stream_failed(node);
    stream->failures++;
}

static void
place_again(struct stream *stream)
{
    stream->tried |= BALANCE_TRIED(stream->node->index);
    stream->proxy->counters.streams_moved++;
    stream_leave_node(stream);
    stream_enter(stream, STREAM_WAITING);
}

void
stream_break_off(struct stream *stream)
{
    conn_close(&stream->server);
    place_again(stream);
}

void
stream_on_failed(struct stream *stream, enum conn_end end, int error)
{
    /* Ports are counted for each node: another one may have some left. */
    if (conn_end_is_ours(end) && end != CONN_END_NO_PORT) {
        stream_finish_by(stream, STREAM_END_NO_RESOURCES, end, error);
        return;
    }
    count_failure(stream, end, error);
    if (stream->failures > stream->farm->conf->redispatch_max)
        stream_finish(stream, STREAM_END_NO_NODE);
    else
        place_again(stream);
}
