/* SPDX-License-Identifier: ISC */
#ifndef PROXY_STREAM_H
#define PROXY_STREAM_H

#include <stdbool.h>

#include "base/addr.h"
#include "conf/conf.h"
#include "net/conn.h"
#include "net/relay.h"
#include "proxy/farm.h"
#include "proxy/gate.h"
#include "proxy/proxy.h"

/*
 * TCP mode: one client connection, the connection to the node that the balance rule has
 * chosen for it, and the octets between them, whatever they mean. It lives on the worker
 * that accepted it.
 */

enum stream_state {
#define STREAM_STATE(symbol, name, next) STREAM_##symbol,
#include "proxy/stream_state.def"
#undef STREAM_STATE
};

enum stream_end {
#define STREAM_END(symbol, words, fair) STREAM_END_##symbol,
#include "proxy/stream_end.def"
#undef STREAM_END
};

struct stream {
    /* constant since birth */
    struct proxy *proxy;
    struct farm *farm;
    const struct conf_listener *listener;   /* but for proxy_follow */
    uint64_t id;
    uint64_t accepted_at_ms;
    struct addr peer;               /* the client, by a PROXY header if there was one */
    struct addr local;              /* where it has connected to; len 0: ask the descriptor */
    struct gate_pass pass;
    /* this thread's */
    enum stream_state state;
    enum stream_end end;            /* why it ends, once it does */
    char end_detail[128];
    struct conn client;
    struct conn server;             /* the one to the node */
    struct farm_node *node;         /* chosen; NULL: none is */
    bool is_open;                   /* there: counted as such */
    uint32_t moves;                 /* of the node, when it was chosen */
    uint32_t failures;              /* connections to nodes that came to nothing */
    uint64_t tried;                 /* to which: BALANCE_TRIED */
    uint64_t waits_until_ms;        /* for a node that can be reached */
    uint64_t pause_ms;              /* the next, once all were tried */
    ev_timer timer;
    struct relay relay;
    struct stream *prev;            /* utlist, in proxy->streams */
    struct stream *next;
    struct grave grave;
};

/* Takes a connection that was accepted; closes fd where it can't. */
void
stream_accept(struct proxy *proxy, const struct conf_listener *listener, int fd,
              const struct addr *peer);

/* Ends it; both connections are closed. */
void
stream_finish(struct stream *stream, enum stream_end end);

const char *
stream_state_name(enum stream_state state);

/* When something was carried last. */
uint64_t
stream_active_at_ms(const struct stream *stream);

/*
 * All streams of a farm, or of a worker.
 */

/* The status of nodes, or their shares, have changed. */
void
streams_on_status(struct farm *farm);

/* Ends streams to this node that are not to go on, if nothing seems to be under way on
 * them. False: others are left. */
MUST_USE bool
streams_retire(struct farm *farm, const struct farm_node *node);

/* No new ones come: ends all on which nothing seems to be under way, now and later. */
void
streams_drain(struct proxy *proxy);

/* Ends all at once. */
void
streams_stop(struct proxy *proxy);

#endif
