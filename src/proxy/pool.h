/* SPDX-License-Identifier: ISC */
#ifndef PROXY_POOL_H
#define PROXY_POOL_H

#include "proxy/session.h"

/*
 * The sessions that share one linkset (links = account): those whose binds are equal,
 * octet for octet. The nodes judge the first of these binds; the others are equal to
 * one that they have taken. The pool outlives its last session by `linger`.
 */

#define POOL_KEY_SIZE 32

/* Requests of one session that may wait for links of their own; the rest waits for its
 * turn, lest it be all in front of what others send there. */
#define POOL_WAITING_MAX 16

struct pool;

/* A session in a pool, by its branch on that farm. What takes turns is a list that begins
 * with the next. */
struct member {
    struct pool *pool;
    struct branch *branch;
    struct member *prev;            /* utlist, in pool->members */
    struct member *next;
    struct member *held_prev;       /* in pool->holders; NULL: it isn't */
    struct member *held_next;
    struct member *ready_prev;      /* in pool->ready; NULL: it isn't */
    struct member *ready_next;
};

struct pool {
    /* constant since birth */
    struct proxy *proxy;
    struct account *account;        /* its linkset refers to it */
    struct linkset *linkset;
    uint64_t id;
    uint8_t key[POOL_KEY_SIZE];     /* keyed hash of the bind */
    uint8_t bound_state;            /* enum smpp_in: what the bind asks for */
    bool in_account;                /* in account->pools */
    struct pool *prev;              /* utlist, in account->pools */
    struct pool *next;
    /* this thread's */
    struct member *members;
    struct member *holders;         /* those that hold requests and wait for their turn */
    struct member *ready;           /* those that take what comes from the nodes */
    struct request_list held_down;  /* what waits for one of them */
    size_t hold;                    /* octets of that; then the links are not read */
    bool links_paused;
    ev_timer linger;                /* from the last session's end on */
    ev_timer rate;                  /* until the account's rate lets more pass */
    struct grave grave;
};

/* The branch joins the pool of those whose binds are equal, or a new one. At home, in state
 * BINDING, the verdict may come within the call. False: out of memory. */
MUST_USE bool
pool_join(struct branch *branch, const struct pdu *bind);

/* The session ends: the branch has neither member nor linkset any more. */
void
pool_leave(struct branch *branch);

/* The proxy is draining: pools without sessions linger no longer. */
void
pool_drain_all(struct proxy *proxy);

/* Ends all pools at once. No session is left. */
void
pool_abort_all(struct proxy *proxy);

/*
 * Upward (pool_up.c).
 */

/* The session holds something, and waits for its turn. */
void
pool_hold(struct member *member);

/* For pool_serve. */
void
pool_serve_holders(struct pool *pool);

/* Serves what the sessions hold, one request of each in turn, as far as links take it. */
static inline void
pool_serve(struct pool *pool)
{
    if (pool->holders != NULL)
        pool_serve_holders(pool);
}

/* The same, `ms` from now. */
void
pool_serve_in(struct pool *pool, uint64_t ms);

void
pool_on_rate(struct ev_loop *ev, ev_timer *timer, int revents);

/*
 * Downward (pool_down.c).
 */

/* linkset_ops */
void
pool_on_request(struct link *link, const struct pdu *pdu);

/* The session may take again what comes from the nodes, or take no more. */
void
pool_update(struct member *member);

/* Nobody is there any more: the nodes are to keep what waits. */
void
pool_turn_back(struct pool *pool);

#endif
