/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_NODE_STATUS_H
#define ROUTE_NODE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/conf.h"
#include "route/balance.h"

/* What an operator wants of a node. */
enum node_admin {
#define ADMIN(symbol, name, help) NODE_##symbol,
#include "route/node_admin.def"
#undef ADMIN
};

/* "ready", "drain", "maint" */
const char *
node_admin_name(enum node_admin admin);

/* What a worker has noticed of a node by its traffic. */
enum node_signal {
#define NODE_SIGNAL(symbol, words) NODE_##symbol,
#include "route/node_signal.def"
#undef NODE_SIGNAL
};

/* "its links fail" */
const char *
node_signal_words(enum node_signal signal);

#define NODE_RAMP_FULL 16

/*
 * What the workers are to do with a node now: the sum of its health, of what an operator
 * wants, and of where its name points. The master decides it and mails it to them.
 */
struct node_status {
    struct addr addr;       /* where it is; length 0: not known */
    uint32_t weight;        /* as configured, or as an operator has set it */
    uint32_t ramp;          /* slow-start: so many of NODE_RAMP_FULL parts of its weight */
    bool serves;            /* takes new messages */
    bool connects;          /* links to it may be opened */
    bool closes;            /* links to it are closed at once, and what is open goes elsewhere */
    bool retires;           /* links to it end as soon as nothing is open on them */
    bool stands_down;       /* it serves only when no other node does */
};

/* Of a node that nothing is known of yet: it is taken to be up. */
struct node_status
node_status_initial(const struct conf_node *node);

/* What a node takes of the messages. Of a farm with balance = standby each node has a
 * rank of its own; behind all primaries come the backups, and behind them what stands
 * down. */
struct balance_share
node_status_share(const struct conf_farm *farm, size_t node, const struct node_status *status);

#endif
