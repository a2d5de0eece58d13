/* SPDX-License-Identifier: ISC */
#ifndef PROXY_BRANCH_H
#define PROXY_BRANCH_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "proxy/farm.h"
#include "proxy/request.h"
#include "smpp/reader.h"

/*
 * A session's place on one farm: the links that carry what goes there, and what waits for
 * them. Each session has one at home, whose nodes judge its bind; where routes choose the farm
 * by the message, it has one more for each further farm that they lead to.
 */
struct branch {
    /* constant since its session's bind, or since it was made */
    struct session *session;
    struct farm *farm;
    uint16_t index;                 /* among its session's; 0: home */
    /* this thread's */
    struct linkset *linkset;        /* from bind on, until the session ends; else NULL */
    struct member *member;          /* where it shares that with others, or NULL */
    struct request_list held;       /* requests that wait for a link */
    uint32_t waiting;               /* requests that wait for one link */
    size_t waiting_bytes;           /* of memory, all of them */
};

/* A route of the listener's as a session has it. */
struct step {
    const struct conf_route *route;
    struct branch *branch;          /* where it leads */
    uint64_t *count;                /* of its messages */
};

/* The routes that look at a session's messages, in order. */
struct steps {
    uint64_t *home_count;           /* of the route by which it has its home, or NULL */
    size_t count;
    struct step step[];
};

struct reading;

/* At the bind: finds the session's home, and makes its steps and branches. False: out of memory;
 * the home is there all the same. */
MUST_USE bool
branch_begin(struct session *session, struct octets system_id);

/* Where this message goes, or the request about an earlier one; the session has steps. NULL:
 * memory is short. */
MUST_USE struct branch *
branch_for(struct session *session, const struct reading *reading);

/* Opens those that the steps lead to and that are not open. */
void
branch_open_all(struct session *session);

/* The same, but not all sessions' in the same instant. */
void
branch_open_soon(struct session *session);

/* Frees what branch_begin has made. */
void
branch_free_all(struct session *session);

/*
 * The way from one configuration to the next, as in follow.h.
 */

/* Makes room for the routes of the next one, where there is one. False: out of memory. */
MUST_USE bool
branch_reserve(struct session *session);

/* From here on session->listener is the next one's. Its home stays, whatever the routes say;
 * branches that no route leads to any more do so, too. */
void
branch_follow(struct session *session);

void
branch_stay(struct session *session);

/* The same for the proxy itself: a route that is in both keeps its count, and long messages that
 * have begun stay on the farm that they are on. */
void
branch_follow_routes(struct proxy *proxy, const struct conf *next, const struct conf *now);

/* Room to count the messages of each listener's routes. False: out of memory. */
MUST_USE bool
branch_counts_init(struct proxy *proxy, const struct conf *conf);

#endif
