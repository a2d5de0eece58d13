/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_STATS_H
#define TOOLS_SIM_STATS_H

#include "tools/sim_node.h"

/* A node's counters as JSON in one line; of all nodes, an object by their
 * names, where node is NULL. To be freed; NULL: out of memory. */
char *
sim_stats(const struct sim *sim, const struct sim_node *node);

#endif
