/* SPDX-License-Identifier: ISC */
#ifndef PROXY_FARM_H
#define PROXY_FARM_H

#include "conf/conf.h"
#include "proxy/counts.h"
#include "proxy/proxy.h"
#include "route/learn.h"
#include "route/set.h"

/* What one worker knows of a farm beyond its configuration. */
struct farm {
    struct farm *next;              /* utlist, in proxy->farms */
    struct proxy *proxy;
    const struct conf_farm *conf;
    struct set_table sets;
    struct learn learn;
    struct counts counts;
    ev_timer retire;                /* ends the links to nodes that are gone */
};

/* This worker's farm, made at first use; lives as long as the proxy. NULL: out
 * of memory. */
MUST_USE struct farm *
farm_get(struct proxy *proxy, const struct conf_farm *conf);

/* Frees all farms of the proxy. */
void
farm_free_all(struct proxy *proxy);

#endif
