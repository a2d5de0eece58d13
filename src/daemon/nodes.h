/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NODES_H
#define DAEMON_NODES_H

#include "daemon/node.h"

/*
 * All nodes of all farms, as the master sees them, and what the nodes of a farm mean to
 * each other. The master's thread alone touches it.
 */

struct nodes_farm {
    struct node **nodes;
    size_t count;                   /* less than conf's where memory was short for some */
};

struct nodes_ops {
    /* Tells all workers. False: out of memory. */
    bool (*put_status)(void *owner, size_t farm, size_t node, const struct node_status *status);
    void (*on_change)(void *owner, const struct node *node, const struct node_change *change);
};

struct nodes {
    struct loop *loop;
    struct conf *conf;              /* a reference */
    struct resolver *resolver;      /* NULL: none could be had */
    struct nodes_farm *farms;       /* one for each of conf's */
    const struct nodes_ops *ops;
    void *owner;
};

/* Begins to check. False: out of memory; nodes_close is to be called nevertheless. */
MUST_USE bool
nodes_open(struct nodes *nodes, struct loop *loop, struct conf *conf, const struct nodes_ops *ops,
           void *owner);

void
nodes_close(struct nodes *nodes);

/* From here on `conf`, which conf_follow has made ready and the workers have taken, is the
 * configuration. What memory was short for has no checks until the next one. */
void
nodes_follow(struct nodes *nodes, struct conf *conf);

/* What a worker has noticed of a node. */
void
nodes_on_signal(struct nodes *nodes, size_t farm, size_t node, uint32_t worker,
                enum node_signal signal);

#endif
