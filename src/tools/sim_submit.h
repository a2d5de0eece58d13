/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_SUBMIT_H
#define TOOLS_SIM_SUBMIT_H

#include "tools/sim_session.h"

/*
 * Answers a request that is about a message (submit_sm, submit_multi, data_sm,
 * query_sm, cancel_sm, replace_sm) or that nobody knows (its own body comes
 * back), at once or after the node's latency: everything about it, the faults
 * included, is decided when it is answered.
 */
void
sim_submit(struct sim_session *session, const struct pdu *pdu);

#endif
