/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_TRANSPORT_H
#define TOOLS_SIM_TRANSPORT_H

#include "net/transport.h"
#include "tools/sim_node.h"

/*
 * How a session's octets travel: like plain ones, but the log is written before
 * anything is sent, so that no answered message misses in it, whatever
 * happens to the process next; and as slowly or broken as the node's faults
 * want it. The conn's owner is a struct sim_session.
 */
extern const struct transport sim_transport;

/* A slow reader reads this many times a second. */
#define SIM_TURNS 10

/* What a session may read in one turn. */
uint64_t
sim_transport_turn_octets(const struct sim_node *node);

#endif
