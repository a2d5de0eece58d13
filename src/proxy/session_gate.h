/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SESSION_GATE_H
#define PROXY_SESSION_GATE_H

#include "net/proxied.h"
#include "proxy/session.h"
#include "smpp/bind.h"

/* What is asked of a session before anything is done for it; the first two of a stream, too. */

/* May a connection come? False: that is counted and logged, and it has left. */
MUST_USE bool
gate_admit(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer,
           struct gate_pass *pass);

/* Before conn_accept: has the conn begin with a PROXY header where its listener wants one.
 * True: `ops` will tell who the client is. */
bool
gate_expect_header(struct conn *conn, const struct conf_listener *listener,
                   const struct addr *peer, const struct proxied_ops *ops);

/* May it bind? False: it is refused, and has ended. */
MUST_USE bool
session_may_bind(struct session *session, const struct bind *bind);

/* Refuses its bind so; both are counted. */
void
session_refuse_at_gate(struct session *session, enum gate_refusal refusal);

/* Its account may have one more that is bound. */
bool
session_has_place(const struct session *session);

/* A bind that nodes have refused, or its certificate. */
void
session_bind_failed(struct session *session);

/* For the PROXY headers of its links. */
void
session_tell_client(struct session *session, struct addr *source, struct addr *dest);

#endif
