/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NODE_MAIL_H
#define DAEMON_NODE_MAIL_H

#include "daemon/workers.h"
#include "route/node_status.h"

/* What master and workers tell each other of nodes. */

/* Tells all workers what is to be done with a node. False: out of memory, and none is told. */
MUST_USE bool
node_mail_status(struct workers *workers, size_t farm, size_t node,
                 const struct node_status *status);

/* Tells the master what a worker has noticed; workers->on_node_signal is called there. */
void
node_mail_signal(struct worker *worker, size_t farm, size_t node, enum node_signal signal);

#endif
