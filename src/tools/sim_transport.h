/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_TRANSPORT_H
#define TOOLS_SIM_TRANSPORT_H

#include "net/transport.h"
#include "tools/sim_node.h"

/*
 * Sets how a session's octets travel: as TLS or plain, but the log is written before
 * anything is sent, so that no answered message misses in it, whatever
 * happens to the process next; and as slowly or broken as the node's faults
 * want it. Before the conn is accepted, whose owner is the session.
 */
void
sim_transport_set(struct sim_session *session);

/* A slow reader reads this many times a second. */
#define SIM_TURNS 10

/* What a session may read in one turn. */
uint64_t
sim_transport_turn_octets(const struct sim_node *node);

#endif
