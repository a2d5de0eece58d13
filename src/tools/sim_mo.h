/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_MO_H
#define TOOLS_SIM_MO_H

#include "tools/sim_session.h"

/* Messages towards the clients that no message of theirs has caused. */

/* Sends what the node's rate gives in `every_us`. */
void
sim_mo_tick(struct sim_session *session, uint64_t every_us);

/* Sends n to the receivers of an account, or, where system_id is NULL, to all
 * receivers in turn. An account without a receiver gets them when one binds.
 * False: there is no such account, or no receiver at all. */
MUST_USE bool
sim_mo_send(struct sim_node *node, uint64_t n, const char *system_id);

/* Sends an alert_notification to every receiver; returns how many. */
unsigned
sim_mo_alert(struct sim_node *node);

#endif
