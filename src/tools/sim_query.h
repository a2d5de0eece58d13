/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_QUERY_H
#define TOOLS_SIM_QUERY_H

#include "tools/sim_session.h"

/* Answer query_sm, cancel_sm and replace_sm (SMPP v3.4 §4.8 to §4.10) from the
 * node's memory of its messages. */

void
sim_query(struct sim_session *session, const struct pdu *pdu);

void
sim_cancel(struct sim_session *session, const struct pdu *pdu);

void
sim_replace(struct sim_session *session, const struct pdu *pdu);

#endif
