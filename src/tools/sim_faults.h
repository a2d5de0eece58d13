/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_FAULTS_H
#define TOOLS_SIM_FAULTS_H

#include "tools/sim_node.h"

/*
 * Does a command of the control socket to a node. NULL: done; else what is
 * wrong, in a few words. `arg` is "" where there is none, and is cut up.
 */
const char *
sim_faults_apply(struct sim_node *node, const char *command, char *arg);

#endif
