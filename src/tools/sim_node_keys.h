/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_NODE_KEYS_H
#define TOOLS_SIM_NODE_KEYS_H

#include "tools/sim_options.h"

/*
 * Reads NAME=ADDR[,KEY=VALUE...] into a node that is all zero. `text` is cut
 * up and must live as long as the node. False: *why says what is wrong with *what.
 */
MUST_USE bool
sim_node_keys_parse(struct sim_node_options *node, char *text, const char **what,
                    const char **why);

#endif
