/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NODE_INNER_H
#define DAEMON_NODE_INNER_H

#include "daemon/node.h"

/* What node.c and node_check.c share, and nobody else uses. */

#define NODE_AGAIN_MS 1000  /* what memory was short for is tried again */

static inline uint64_t
node_now_ms(const struct node *node)
{
    return loop_now_ms(node->loop);
}

/* Its timer fires then at the latest. */
void
node_wake_in(struct node *node, uint64_t ms);

/* The health is another one than `was`. */
void
node_on_health(struct node *node, enum health_state was, const char *by, const char *why);

/*
 * node_check.c
 */

/* No check is configured: traffic is its check. */
bool
node_goes_by_traffic(const struct node *node);

/* Those that its farm or itself has, none of them started. False: out of memory. */
MUST_USE bool
node_take_checks(struct node *node);

void
node_close_checks(struct node_check *checks, size_t count);

/* Starts and ends checks, and sets how fast they go. */
void
node_update_checks(struct node *node);

/* Those that run are due at once. */
void
node_hurry(struct node *node);

/* A node that nobody checks and that is down is asked as a link would try: soon at first,
 * and then with growing pauses. */
void
node_begin_pauses(struct node *node);

#endif
