/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_BINDS_H
#define TOOLS_SIM_BINDS_H

#include "tools/sim_session.h"

/* Answers a bind; with ESME_ROK the session belongs to its account from now on. */
void
sim_binds_enter(struct sim_session *session, const struct pdu *pdu);

/* Ends the bound state; what it had not had answered goes to the account's
 * other receivers. Fine when it isn't bound. */
void
sim_binds_leave(struct sim_session *session);

#endif
