/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SESSION_INNER_H
#define PROXY_SESSION_INNER_H

#include "proxy/session.h"

/* What the session_*.c share with session.c, with pool.c, which gives them the verdict on
 * their bind, and with snapshot.c; nobody else uses it. */

extern const struct conn_ops session_conn_ops;

static inline uint64_t
session_now_ms(const struct session *session)
{
    return loop_now_ms(session->proxy->loop);
}

/* In state OPEN, without a connection. NULL: out of memory, which is logged. */
MUST_USE struct session *
session_new(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer);

const char *
session_state_name(enum session_state state);

/* The one place where the state changes. */
void
session_enter(struct session *session, enum session_state state);

/* Ends it: what is queued is still sent, and then the connection closed. */
void
session_finish(struct session *session, enum session_end end);

/* Sends an enquire_link or unbind of our own. */
void
session_ask(struct session *session, uint32_t command);

/* A bind in state OPEN. */
void
session_on_bind(struct session *session, const struct pdu *pdu);

/* Gives it a linkset of its own, or one that it shares. False: out of memory. */
MUST_USE bool
session_open_branch(struct branch *branch, const struct pdu *bind);

/* The verdict on the bind. */
void
session_accept_bind(struct session *session);

void
session_refuse_bind(struct session *session, uint32_t status);

/* The nodes of a farm that isn't its home have; the session goes on. */
void
session_side_refused(struct branch *branch, uint32_t status);

/* At home no node came back for `grace`. */
void
session_without_nodes(struct session *session);

void
session_on_timer(struct ev_loop *ev, ev_timer *timer, int revents);

#endif
