/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SESSION_GATE_H
#define PROXY_SESSION_GATE_H

#include "proxy/session.h"
#include "smpp/bind.h"

/* What is asked of a session before anything is done for it. */

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
