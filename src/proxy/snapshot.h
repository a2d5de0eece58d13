/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SNAPSHOT_H
#define PROXY_SNAPSHOT_H

#include "proxy/proxy.h"
#include "route/snapshot.h"

/* Adds what this worker knows. `conf` is the worker's configuration, `worker` its number. */
void
proxy_add_to_snapshot(struct proxy *proxy, const struct conf *conf, uint32_t worker,
                      struct snapshot *snapshot);

/* Ends the session of that id as session_drain does. False: there is none, or it is
 * not bound. */
MUST_USE bool
proxy_kick(struct proxy *proxy, uint64_t id);

#endif
