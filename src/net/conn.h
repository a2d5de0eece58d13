/* SPDX-License-Identifier: ISC */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "net/loop.h"
#include "net/transport.h"

/*
 * A conn is transport alone: a descriptor, how its octets are carried, and two
 * buffers. It knows no SMPP. It is embedded in its owner and lives on one loop.
 * An idle conn owns no memory.
 */

enum conn_state {
    CONN_CLOSED,        /* no descriptor */
    CONN_CONNECTING,    /* connect() is under way */
    CONN_HANDSHAKE,     /* the transport's own */
    CONN_OPEN,
    CONN_FINISHING,     /* what is in the out buffer is still sent, then our side ends */
    CONN_LINGERING,     /* our side has ended; what still comes is thrown away */
};

enum conn_end {
#define CONN_END(symbol, words, ours) CONN_END_##symbol,
#include "net/conn_end.def"
#undef CONN_END
};

/* In words, for a log line; with `error` where the end itself says too little.
 * Valid until the thread asks for the next. */
const char *
conn_end_words(enum conn_end end, int error);

/* Is it us who lack something? Then it says nothing of the peer. */
bool
conn_end_is_ours(enum conn_end end);

struct conn_ops {
    /* The way is open: connected, handshake done. Not for an accepted conn whose
     * transport has no handshake; may then be NULL. */
    void (*on_open)(struct conn *conn);
    /* n octets have come, those that were left over last time first. Returns how
     * many were used; the rest is kept for the next call (fewer than half of
     * LOOP_SCRATCH). The bytes are valid during the call. */
    size_t (*on_bytes)(struct conn *conn, const uint8_t *bytes, size_t n);
    /* The out buffer, once at CONN_OUT_HIGH or more, has fallen below half of it. */
    void (*on_room)(struct conn *conn);
    /* The transport has ended by itself; the conn is closed already. errno's
     * value is in `error` where there is one, or 0. The last call. */
    void (*on_end)(struct conn *conn, enum conn_end end, int error);
};

/* From here on an out buffer is full: its owner should bring no more. */
#define CONN_OUT_HIGH ((size_t)256 << 10)

struct conn {
    /* constant since it was opened */
    struct loop *loop;
    const struct conn_ops *ops;
    void *owner;
    const struct transport *transport;
    /* this thread's */
    void *transport_data;
    ev_io io;
    ev_timer timer;             /* connecting, lingering */
    int fd;
    uint64_t linger_ms;
    int connect_error;          /* connect() failed at once; told by the timer */
    enum conn_state state;
    void (*on_ready)(struct conn *conn, int events);    /* if taken, or NULL */
    int wanted;                 /* the events that it waits for then */
    bool paused;                /* the owner doesn't want to read */
    bool handshake_writes;      /* the handshake waits to write, not to read */
    bool blocked;               /* the descriptor took less than there was */
    bool was_high;              /* on_room is owed */
    bool is_dirty;
    struct conn *dirty_next;
    struct buf in;              /* what on_bytes left */
    struct buf out;
    uint64_t queued;            /* octets ever put into out; once closed, ever written */
    uint64_t wrote_at_ms;       /* when the system took something last, or there was nothing */
    uint64_t read_at_ms;        /* when something came last, or could come again */
};

/* An embedded conn in state CONN_CLOSED. */
void
conn_init(struct conn *conn, struct loop *loop, const struct conn_ops *ops, void *owner);

/* Takes a descriptor that was accepted; it is open at once, unless its transport
 * has a handshake. */
void
conn_accept(struct conn *conn, int fd);

/* Begins to connect; on_open or on_end follows, never within the call. */
void
conn_connect(struct conn *conn, const struct addr *addr, uint64_t timeout_ms);

/* Ends it at once, without a callback; unsent octets are lost. Fine when closed. */
void
conn_close(struct conn *conn);

/* Sends what is queued for as long as the peer takes it, ends our side, and
 * closes when the peer has ended its own or `linger_ms` later; on_end tells.
 * on_bytes is not called any more. */
void
conn_finish(struct conn *conn, uint64_t linger_ms);

/* Closes it so that the peer sees no good end: it gets a reset, and no goodbye. */
void
conn_abort(struct conn *conn);

/*
 * For an owner that reads and writes by itself, through conn->transport: from here on
 * on_ready tells of events (EV_READ, EV_WRITE) that it waits for; on_bytes and on_room are
 * not called, and the buffers not used. The conn is open; conn_close, conn_abort and
 * conn_fail are all that may follow.
 */
void
conn_take(struct conn *conn, void (*on_ready)(struct conn *conn, int events));

/* Of a conn that was taken: waits for these events; 0: for none. */
void
conn_want(struct conn *conn, int events);

/* Of a conn that was taken: reading or writing has failed with `error`; on_end tells. */
void
conn_fail(struct conn *conn, int error);

/*
 * An open conn on its way from one loop to another: the descriptor, what its
 * transport remembers, the octets that came and were not used, and those that are
 * queued. It belongs to no thread.
 */
struct conn_cargo;

/* Takes the conn off its loop: it is closed without a word to the peer, which notices
 * nothing. `in` are the octets that come next, to be called from on_bytes. NULL: out
 * of memory, and nothing has changed. */
MUST_USE struct conn_cargo *
conn_detach(struct conn *conn, const uint8_t *in, size_t n);

/* Goes on with it on a closed conn of another loop, and frees it. on_bytes is called
 * at once with what had come; on_end may be, too. */
void
conn_attach(struct conn *conn, struct conn_cargo *cargo);

/* Closes it; fine on NULL. */
void
conn_cargo_free(struct conn_cargo *cargo);

/* Stops and resumes reading. */
void
conn_pause(struct conn *conn);

void
conn_resume(struct conn *conn);

/*
 * Room for n octets behind what is queued, to be filled in before anything else
 * is called; it is written behind the batch. NULL: out of memory or the conn
 * isn't open; then the octets count as lost, and the caller should close.
 */
MUST_USE uint8_t *
conn_put(struct conn *conn, size_t n);

/* Octets that are queued and not written. */
static inline size_t
conn_out_bytes(const struct conn *conn)
{
    return conn->out.len;
}

static inline bool
conn_is_full(const struct conn *conn)
{
    return conn->out.len >= CONN_OUT_HIGH;
}

/* Octets ever handed to the system; compare with `queued` at conn_put. */
static inline uint64_t
conn_written(const struct conn *conn)
{
    return conn->queued - conn->out.len;
}

/* For loop.c: writes all that is dirty. */
void
conn_flush_dirty(struct loop *loop);

#endif
