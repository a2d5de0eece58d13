/* SPDX-License-Identifier: ISC */
/*
 * Who shares a linkset, and how long: joining, the verdict, which is all members' alike,
 * and the end. A pool is closed by its timer only, so that it is there as long as its
 * linkset calls.
 */
#include "proxy/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/session_inner.h"
#include "proxy/upward.h"
#include "tls/digest.h"

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct pool, grave));
}

/*
 * What the nodes have told.
 */

/* Do its session's bind and life depend on these nodes? */
static bool
is_home(const struct member *member)
{
    return member->branch->index == 0;
}

static void
on_linkset_bound(struct linkset *linkset)
{
    struct pool *pool = linkset->owner;
    struct member *member, *next;

    DL_FOREACH_SAFE(pool->members, member, next)
        if (is_home(member) && member->branch->session->state == SESSION_BINDING)
            session_accept_bind(member->branch->session);
    upward_on_room(linkset);
}

/* Nobody joins it any more. */
static void
leave_account(struct pool *pool)
{
    if (pool->in_account)
        DL_DELETE(pool->account->pools, pool);
    pool->in_account = false;
}

/* How long the links are kept for the next session. */
static uint64_t
linger_ms(const struct pool *pool)
{
    const struct linkset *linkset = pool->linkset;

    if (pool->proxy->draining || !pool->in_account || linkset->state != LINKSET_BOUND)
        return 0;
    return linkset->farm->linger_ms;
}

/* No session is left, or none was, and something has changed since. */
static void
linger(struct pool *pool)
{
    uint64_t ms = linger_ms(pool);

    if (ms == 0)
        leave_account(pool);
    loop_timer_start(pool->proxy->loop, &pool->linger, ms);
}

static void
on_linkset_refused(struct linkset *linkset, uint32_t status)
{
    struct pool *pool = linkset->owner;
    struct member *member, *next;

    DL_FOREACH_SAFE(pool->members, member, next)
        if (is_home(member))
            session_refuse_bind(member->branch->session, status);
        else
            session_side_refused(member->branch, status);
}

static void
on_linkset_room(struct linkset *linkset)
{
    upward_on_room(linkset);
}

static void
on_linkset_starved(struct linkset *linkset)
{
    struct pool *pool = linkset->owner;
    struct member *member, *next;

    DL_FOREACH_SAFE(pool->members, member, next)
        if (member->branch->held.first != NULL)
            upward_on_starved(member->branch);
}

static void
on_linkset_lost(struct linkset *linkset)
{
    struct pool *pool = linkset->owner;

    if (pool->members == NULL) {
        linger(pool);
        return;
    }
    log_limited(LOG_LEVEL_WARNING, linkset->label, "no node is left grace_ms=%u",
                linkset->farm->grace_ms);
}

static void
on_linkset_grace_over(struct linkset *linkset)
{
    struct pool *pool = linkset->owner;
    struct member *member, *next;

    leave_account(pool);
    DL_FOREACH_SAFE(pool->members, member, next)
        if (is_home(member))
            session_without_nodes(member->branch->session);
}

static const struct linkset_ops linkset_ops = {
    .on_bound = on_linkset_bound,
    .on_refused = on_linkset_refused,
    .on_room = on_linkset_room,
    .on_starved = on_linkset_starved,
    .on_lost = on_linkset_lost,
    .on_grace_over = on_linkset_grace_over,
    .on_request = pool_on_request,
    .on_response = upward_on_response,
    .on_expired = upward_on_expired,
    .on_link_lost = upward_on_link_lost,
    .on_node_lost = upward_on_node_lost,
};

/*
 * Beginning and end.
 */

static void
close_pool(struct pool *pool, void (*close_linkset)(struct linkset *linkset))
{
    struct loop *loop = pool->proxy->loop;

    ensure(pool->members == NULL);
    loop_timer_stop(loop, &pool->linger);
    loop_timer_stop(loop, &pool->rate);
    leave_account(pool);
    pool_turn_back(pool);
    pool->linkset->pool = NULL;
    close_linkset(pool->linkset);
    loop_bury(loop, &pool->grave, bury);
}

static void
on_linger(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    close_pool(timer->data, linkset_close);
}

/* All that the nodes judge by, and what they do by it. */
static bool
hash_bind(const struct proxy *proxy, const struct pdu *bind, uint8_t key[static POOL_KEY_SIZE])
{
    uint8_t text[PDU_MAX_OPEN];
    size_t n = bind->length - PDU_HEADER;

    put_be32(text, bind->command);
    ensure(4 + n <= sizeof(text));
    memcpy(text + 4, bind->bytes + PDU_HEADER, n);
    return digest_keyed(proxy->secret, sizeof(proxy->secret), text, 4 + n, key);
}

static struct pool *
pool_new(struct branch *branch, const struct pdu *bind, const uint8_t key[static POOL_KEY_SIZE])
{
    const struct conf_farm *farm = branch->farm->conf;
    struct session *session = branch->session;
    struct pool *pool = calloc(1, sizeof(*pool));
    char label[24];

    if (pool == NULL)
        return NULL;
    pool->proxy = session->proxy;
    pool->id = ++pool->proxy->pool_ids;
    pool->bound_state = session->bound_state;
    pool->hold = session->listener->hold;
    memcpy(pool->key, key, POOL_KEY_SIZE);
    ev_init(&pool->linger, on_linger);
    ev_init(&pool->rate, pool_on_rate);
    pool->linger.data = pool->rate.data = pool;
    snprintf(label, sizeof(label), "%.15s#%llu", session->system_id,
             (unsigned long long)pool->id);
    pool->linkset = linkset_open(pool->proxy, farm, farm->links_per_node, bind, session->entry,
                                 label, &linkset_ops, pool);
    if (pool->linkset == NULL) {
        free(pool);
        return NULL;
    }
    pool->linkset->pool = pool;
    pool->account = pool->linkset->account;
    DL_APPEND(pool->account->pools, pool);
    pool->in_account = true;
    return pool;
}

/* The pool of the sessions with equal binds, or NULL. Who is refused at home asks the nodes
 * anew; others wait where others do. */
static struct pool *
find(struct account *account, const uint8_t key[static POOL_KEY_SIZE], bool at_home)
{
    struct pool *pool;

    DL_FOREACH(account->pools, pool)
        if (digest_equal(pool->key, key, POOL_KEY_SIZE) &&
            !(at_home && pool->linkset->state == LINKSET_REFUSED))
            return pool;
    return NULL;
}

/* At home: it may be decided already how the bind ends. */
static void
take_in(struct session *session)
{
    switch (session->home.linkset->state) {
    case LINKSET_BINDING:
    case LINKSET_GATHERING:
        break;
    case LINKSET_BOUND:
        session_accept_bind(session);
        break;
    case LINKSET_LOST:
    case LINKSET_REFUSED:
    case LINKSET_ABANDONED:
    case LINKSET_CLOSING:
        session_refuse_bind(session, SMPP_RBINDFAIL);
        break;
    }
}

bool
pool_join(struct branch *branch, const struct pdu *pdu)
{
    struct session *session = branch->session;
    struct proxy *proxy = session->proxy;
    struct member *member = calloc(1, sizeof(*member));
    uint8_t key[POOL_KEY_SIZE];
    struct account *account;
    struct bind bind;

    if (member == NULL || !bind_parse(pdu, &bind) || !hash_bind(proxy, pdu, key))
        goto failed;
    account = account_get(proxy, branch->farm->conf, bind.system_id, session->entry);
    if (account == NULL)
        goto failed;
    member->pool = find(account, key, branch->index == 0);
    if (member->pool == NULL)
        member->pool = pool_new(branch, pdu, key);
    account_put(account);
    if (member->pool == NULL)
        goto failed;
    loop_timer_stop(proxy->loop, &member->pool->linger);
    member->branch = branch;
    branch->member = member;
    branch->linkset = member->pool->linkset;
    branch->linkset->account->sessions++;
    DL_APPEND(member->pool->members, member);
    if (is_home(member))
        take_in(session);
    return true;

failed:
    free(member);
    return false;
}

void
pool_leave(struct branch *branch)
{
    struct member *member = branch->member;
    struct pool *pool = member->pool;

    pool->account->sessions--;
    branch->member = NULL;
    branch->linkset = NULL;
    DL_DELETE(pool->members, member);
    if (member->held_prev != NULL)
        DL_DELETE2(pool->holders, member, held_prev, held_next);
    if (member->ready_prev != NULL)
        DL_DELETE2(pool->ready, member, ready_prev, ready_next);
    free(member);
    if (pool->members != NULL)
        return;
    pool_turn_back(pool);
    linger(pool);
}

static void
for_each(struct proxy *proxy, void (*call)(struct pool *pool))
{
    struct account *account, *next_account;
    struct linkset *linkset, *next;

    HASH_ITER(hh, proxy->accounts, account, next_account)
        DL_FOREACH_SAFE(account->linksets, linkset, next)
            if (linkset->pool != NULL)
                call(linkset->pool);
}

static void
drain(struct pool *pool)
{
    if (pool->members == NULL)
        linger(pool);
}

void
pool_drain_all(struct proxy *proxy)
{
    for_each(proxy, drain);
}

static void
abort_pool(struct pool *pool)
{
    close_pool(pool, linkset_abort);
}

void
pool_abort_all(struct proxy *proxy)
{
    for_each(proxy, abort_pool);
}
