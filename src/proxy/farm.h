/* SPDX-License-Identifier: ISC */
#ifndef PROXY_FARM_H
#define PROXY_FARM_H

#include "conf/conf.h"
#include "proxy/proxy.h"
#include "route/balance.h"
#include "route/learn.h"
#include "route/node_counts.h"
#include "route/node_status.h"
#include "route/set.h"
#include "route/trail.h"

/* What one worker knows of a node. It stays where it is as long as its farm. */
struct farm_node {
    struct node_counts counts;
    struct farm *farm;
    size_t index;
    struct node_status status;
    uint32_t moves;             /* how often its address has changed */
    uint64_t gone_at_ms;        /* it is not in the file: no links from then on; or 0 */
    uint64_t retire_at_ms;      /* when to look for links that are to end; UINT64_MAX: never */
    uint64_t enquiries;         /* enquire_links that it has answered */
    uint32_t failures;          /* of links, in a row */
    uint64_t link_lost_at_ms;   /* the last one that was bound */
    uint64_t successes;         /* when the first of them was noticed */
    uint64_t sick_before;       /* at the beginning of this sick-window: such responses, */
    uint64_t responses_before;  /* and all */
};

/* What one worker knows of a farm beyond its configuration. */
struct farm {
    struct farm *next;              /* utlist, in proxy->farms */
    struct proxy *proxy;
    const struct conf_farm *conf;
    size_t index;                   /* of the farm, in the configuration */
    struct set_table sets;
    struct learn learn;
    struct trail trail;             /* of long messages to clients that share links */
    struct farm_node **nodes;
    struct balance_share *shares;   /* one a node; all accounts' balances have them */
    struct balance connections;     /* of streams: in TCP mode only */
    size_t room;                    /* nodes that there is room for */
    bool retire_again;              /* some link could not end yet */
    ev_timer retire;                /* ends the links to nodes that are to have none */
    ev_timer sick;                  /* looks at the responses of a sick-window */
};

/* This worker's farms, one for each of conf's, which live as long as the proxy. False:
 * out of memory. */
MUST_USE bool
farm_open_all(struct proxy *proxy, const struct conf *conf);

void
farm_free_all(struct proxy *proxy);

struct farm *
farm_get(struct proxy *proxy, const struct conf_farm *conf);

/* The one that has that place in the configuration. */
struct farm *
farm_at(struct proxy *proxy, size_t index);

/* Makes room for the nodes of `next`. False: out of memory. */
MUST_USE bool
farm_reserve(struct farm *farm, const struct conf_farm *next);

/* From here on `next` is the farm. Accounts and linksets follow by themselves. */
void
farm_follow(struct farm *farm, const struct conf_farm *next);

/* The master has decided what is to be done with a node now. */
void
farm_put_status(struct farm *farm, size_t node, const struct node_status *status);

/* Are links to this node, opened when its address had changed `moves` times, to end as
 * soon as they are idle? */
bool
farm_node_retires(const struct farm_node *node, uint32_t moves);

/*
 * For link.c: what happens to the links of a node.
 */

/* One is bound now, or was until now. */
void
farm_link_bound(struct farm_node *node);

void
farm_link_unbound(struct farm_node *node);

/* One that is bound is lost, or one could not be opened, by the node's fault. To be
 * called ahead of farm_link_unbound. */
void
farm_link_failed(struct farm_node *node, bool was_bound);

/* For stream_place.c: a connection to it could not be opened, by its fault. The master is
 * told of the first in a row, too, lest others come upon it before a check does. */
void
farm_stream_failed(struct farm_node *node);

#endif
