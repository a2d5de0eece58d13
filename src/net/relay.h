/* SPDX-License-Identifier: ISC */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/conn.h"
#include "net/pipes.h"

/*
 * Carries octets between two conns, both ways, until each side has ended: what the one
 * sends the other gets, and the end of it, too (half-close). It reads no more than it
 * can write: of what the receiver doesn't take it holds one piece, and stops to read. An
 * idle relay owns no memory. Where much comes over plain sockets the octets are not
 * copied but spliced. One thread; it knows neither who the two are nor what they say.
 */

/* One direction. */
struct flow {
    /* constant while it runs */
    struct conn *from;
    struct conn *to;
    uint64_t *sum;          /* somebody's count of the octets */
    /* this thread's */
    uint64_t bytes;         /* that `to` has taken */
    struct buf rest;        /* read and not taken yet: copied, */
    struct pipe *pipe;      /* or in a pipe; NULL: there is nothing in one */
    bool much;              /* it came so thick that splicing pays */
    bool read_writes;       /* reading waits until `from` can be written: TLS */
    bool ended;             /* `from` has ended its side, */
    bool done;              /* and `to` knows */
};

struct relay {
    /* constant while it runs */
    struct loop *loop;
    struct pipes *pipes;
    void (*on_done)(struct relay *relay);
    struct flow up;         /* from the first to the second */
    struct flow down;
    /* this thread's */
    bool runs;
    bool up_last;           /* what was carried last went up */
    uint64_t moved_at_ms;   /* when something was carried last, or it began */
};

/*
 * Begins with what is there already. Both conns are open, and taken by this call;
 * `on_ready` must call relay_on_ready, and the conns' on_end is told of failures and must
 * call relay_stop. When both sides have ended, on_done is called, once; it
 * may come within the call, as on_end may. `up` and `down` count octets, too.
 */
void
relay_start(struct relay *relay, struct loop *loop, struct pipes *pipes, struct conn *first,
            struct conn *second, uint64_t *up, uint64_t *down,
            void (*on_ready)(struct conn *conn, int events),
            void (*on_done)(struct relay *relay));

void
relay_on_ready(struct relay *relay, struct conn *conn, int events);

/* Gives back what it holds, which is lost; fine when it doesn't run. The conns are left
 * as they are, to be closed. */
void
relay_stop(struct relay *relay);

#endif
