/* SPDX-License-Identifier: ISC */
#ifndef PROXY_FOLLOW_H
#define PROXY_FOLLOW_H

#include "proxy/proxy.h"

/*
 * The way from one configuration, `now`, to the `next`, which conf_follow has made
 * ready: first all proxies reserve what it takes, then either all follow or none.
 * Both configurations live until then.
 */

/* Makes room for `next`, also in whatever begins from here on. False: out of memory;
 * proxy_stay is to be called nevertheless. */
MUST_USE bool
proxy_reserve(struct proxy *proxy, const struct conf *now, const struct conf *next);

/*
 * Puts `next` in the place of `now` under all sessions and links. Nodes that are gone
 * take no new messages from here on; the parts of long messages that they have begun
 * still follow for concat-ttl, then their links are unbound.
 */
void
proxy_follow(struct proxy *proxy);

/* `now` stays. */
void
proxy_stay(struct proxy *proxy);

#endif
