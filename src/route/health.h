/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_HEALTH_H
#define ROUTE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * Whether a node is well, by its checks and by what traffic tells. A node has several
 * checks and is up while all of them are. Nothing is known here of clocks or probes; and
 * what an operator wants of a node is kept apart from its health, by its owner.
 */

enum health_state {
#define HEALTH(symbol, name, id, alive) HEALTH_##symbol,
#include "route/health_state.def"
#undef HEALTH
};

/* "up", "going down" … */
const char *
health_name(enum health_state state);

/* The same as one word: "going-down". */
const char *
health_id(enum health_state state);

/* Does it serve? A node that is going down still does. */
bool
health_is_alive(enum health_state state);

/*
 * Rise and fall of one check as one number: up from `rise` on. A success adds one, a
 * failure takes one; the first success of a check that is down, or failure of one that
 * is up, begins a way of `rise` or `fall` steps, and a step back begins it anew.
 */
struct health_check {
    uint32_t rise;
    uint32_t fall;
    uint32_t score;     /* 0 to rise + fall - 1 */
    bool known;         /* it has been probed: till then it says nothing */
};

struct health {
    enum health_state state;
    struct health_check *checks;
    size_t check_count;
};

/* Up, but each check has `fall` failures to go down only once it has passed: until then
 * one is enough. `n` checks, to be set by health_set_check. False: out of memory. */
MUST_USE bool
health_init(struct health *health, size_t n);

void
health_fini(struct health *health);

void
health_set_check(struct health *health, size_t check, uint32_t rise, uint32_t fall);

/* A probe has passed or failed. True: the state has changed. */
bool
health_on_probe(struct health *health, size_t check, bool passed);

/* Traffic has shown that the node is down, or up, whatever its checks last said. True:
 * the state has changed. */
bool
health_on_failure(struct health *health);

bool
health_on_success(struct health *health);

/* Goes on from where `from` was, by checks that may be others. */
void
health_go_on(struct health *health, const struct health *from);

/* How far it is on its way up or down: `*done` of `*all` steps. On no way: 0 of 0. */
void
health_progress(const struct health *health, uint32_t *done, uint32_t *all);

/* Is the node up, as far as this check knows? */
bool
health_check_is_up(const struct health_check *check);

#endif
