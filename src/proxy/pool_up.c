/* SPDX-License-Identifier: ISC */
/*
 * How sessions share the windows of their links: those that hold something are served
 * in turn, one request each. No message costs a look at sessions that hold nothing.
 */
#include <utlist.h>

#include "proxy/pool.h"
#include "proxy/upward_inner.h"

static void
stop_holding(struct member *member)
{
    DL_DELETE2(member->pool->holders, member, held_prev, held_next);
    member->held_prev = NULL;
}

void
pool_hold(struct member *member)
{
    if (member->held_prev == NULL && member->branch->waiting < POOL_WAITING_MAX)
        DL_APPEND2(member->pool->holders, member, held_prev, held_next);
}

void
pool_serve_holders(struct pool *pool)
{
    struct branch *branch;
    struct member *member;

    while ((member = pool->holders) != NULL) {
        branch = member->branch;
        if (branch->held.first != NULL && !held_serve_one(branch)) {
            if (branch->waiting < POOL_WAITING_MAX)
                return;
            stop_holding(member);   /* its turn comes when less of it waits for one link */
            continue;
        }
        stop_holding(member);
        if (branch->held.first != NULL)
            pool_hold(member);
        upward_relieve(branch->session);
    }
}

void
pool_serve_in(struct pool *pool, uint64_t ms)
{
    if (!ev_is_active(&pool->rate))
        loop_timer_start(pool->proxy->loop, &pool->rate, ms);
}

void
pool_on_rate(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    pool_serve(timer->data);
}
