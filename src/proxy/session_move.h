/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SESSION_MOVE_H
#define PROXY_SESSION_MOVE_H

#include "net/mailbox.h"
#include "proxy/session.h"

/*
 * A session that has not bound yet, on its way to the worker that its account lives
 * on: it begins there with the bind that it ended with here, and with all octets
 * that came behind it. The client notices nothing.
 */
struct session_move {
    struct mail mail;               /* for whoever carries it */
    void *carrier;                  /* the same one's */
    const struct conf_listener *listener;   /* the carrier exchanges it for the receiver's own */
    size_t listener_index;          /* the carrier's */
    uint32_t worker;                /* where to */
    /* session_move.c's */
    struct conn_cargo *cargo;
    struct registry_entry *entry;
    uint64_t id;
    struct addr peer;
    struct addr local;
    struct gate_pass pass;
    uint64_t accepted_at_ms;
    uint64_t bytes_in;
};

/*
 * A whole PDU has come in state OPEN; `n` octets from its first one on are there. True:
 * it is a bind of an account of another worker, and the session, which is there now,
 * has ended here.
 */
MUST_USE bool
session_moves(struct session *session, const struct pdu *pdu, size_t n);

/* Goes on with it here, and frees it; move->listener is ours. */
void
session_arrive(struct proxy *proxy, struct session_move *move);

/* Nobody goes on with it: closes its connection, and frees it. */
void
session_move_drop(struct registry *registry, struct session_move *move);

#endif
