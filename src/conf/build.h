/* SPDX-License-Identifier: ISC */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include "base/ensure.h"
#include "conf/conf.h"
#include "conf/key.h"

/*
 * What the two ways to a configuration (conf/read.c and conf/options.c) share:
 * empty structs, addresses, and what must be unique.
 */

/* One reference; farms and listeners zeroed, to be filled. NULL: memory is short. */
MUST_USE struct conf *
conf_new(size_t farms, size_t listeners);

/* What nodes have from the farm unless they have their own: `is_own` tells whether the
 * file names a keyword for a node; NULL: it does so for none. */
void
conf_farm_inherit(struct conf_farm *farm, bool (*is_own)(void *, size_t node, const char *keyword),
                  void *context);

/* Room for n nodes, zeroed. */
MUST_USE bool
conf_farm_alloc(struct conf_farm *farm, size_t nodes);

/* Sets all keys of the section that have a default to it. */
MUST_USE bool
conf_set_defaults(enum key_section section, void *object);

/* Resolve the address that is in place. False: *why says what would be right. */
MUST_USE bool
conf_node_resolve(struct conf_node *node, const char **why);

MUST_USE bool
conf_listener_resolve(struct conf_listener *listener, const char **why);

/* conf/mode.c: has a farm of this mode, or what belongs to one, a use for the keyword? */
bool
conf_mode_takes(enum conf_mode mode, enum key_section section, const char *keyword);

/* Does a check of this type have a use for the keyword? */
bool
conf_check_takes(enum conf_check_type type, const char *keyword);
/* Room for the status endpoint, with its defaults; the address or the socket that is
 * put in place is read by conf_admin_resolve. */
MUST_USE bool
conf_admin_alloc(struct conf *conf);

MUST_USE bool
conf_admin_resolve(struct conf_admin *admin, const char **why);

/* The node before `node` in farm, or the listener before `listener`, that has
 * the same address; NULL: none. Port 0 is never the same. */
const struct conf_node *
conf_node_twin(const struct conf_farm *farm, const struct conf_node *node);

const struct conf_listener *
conf_listener_twin(const struct conf *conf, const struct conf_listener *listener);

/* Gives a tag to each node without one: its place in the farm, from 10 on. Of
 * the first node whose tag or id-prefix can't serve, *why says what is wrong; NULL:
 * all is well. */
const struct conf_node *
conf_farm_tags(struct conf_farm *farm, const char **why);

/* Two nodes of two farms whose message_ids nobody could tell apart. */
struct conf_clash {
    const struct conf_farm *farm[2];
    const struct conf_node *node[2];
};

/* Are there any in farms that one session of the listener may reach through this route? */
MUST_USE bool
conf_route_clashes(const struct conf_listener *listener, const struct conf_route *route,
                   struct conf_clash *clash);

/* Gives all farms their groups: those that the routes of a listener lead to are one. */
void
conf_group_farms(struct conf *conf);

#endif
