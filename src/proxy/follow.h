/* SPDX-License-Identifier: ISC */
#ifndef PROXY_FOLLOW_H
#define PROXY_FOLLOW_H

#include "proxy/proxy.h"

/*
 * Puts `next`, which conf_follow has made ready, in the place of `now` under all
 * sessions and links. Nodes that are gone take no new messages from here on; the
 * parts of long messages that they have begun still follow for concat-ttl, then
 * their links are unbound. False: out of memory, and `now` stays.
 */
MUST_USE bool
proxy_follow(struct proxy *proxy, const struct conf *now, const struct conf *next);

#endif
