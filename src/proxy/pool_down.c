/* SPDX-License-Identifier: ISC */
/*
 * What the nodes send over shared links: to the sessions in turn that have room for it,
 * the parts of a long message to one. While none has room it waits here, and in the end
 * the links are not read.
 */
#include <utlist.h>

#include "base/hash.h"
#include "proxy/downward.h"
#include "proxy/pool.h"
#include "proxy/tap.h"

static bool
takes(const struct session *session)
{
    return session->state == SESSION_BOUND && session->held_down.first == NULL &&
           !window_is_full(&session->window) && !conn_is_full(&session->conn);
}

static void
stop_being_ready(struct member *member)
{
    DL_DELETE2(member->pool->ready, member, ready_prev, ready_next);
    member->ready_prev = NULL;
}

/* The session whose turn it is; NULL: none has room. */
static struct session *
next_ready(struct pool *pool)
{
    struct member *member;

    while ((member = pool->ready) != NULL) {
        stop_being_ready(member);
        if (!takes(member->branch->session))
            continue;
        DL_APPEND2(pool->ready, member, ready_prev, ready_next);
        return member->branch->session;
    }
    return NULL;
}

/* Is there anybody that may have room some time? */
static bool
has_receiver(const struct pool *pool)
{
    const struct member *member;

    DL_FOREACH(pool->members, member)
        if (member->branch->session->state == SESSION_BOUND ||
            member->branch->session->state == SESSION_BINDING)
            return true;
    return false;
}

/* Is it a part of a long message? Then *key names that. */
static bool
is_part(const struct pool *pool, const struct pdu *pdu, uint64_t *key)
{
    const struct account *account = pool->account;
    struct message message;
    struct concat concat;
    bool malformed;

    if (!message_parse(pdu, &message))
        return false;
    concat = concat_peek(&message, &malformed);
    if (concat.kind == CONCAT_NONE)
        return false;
    *key = set_key(&account->farm->sets, hash_mix(account->hash, pool->id), &message, &concat);
    return true;
}

static bool
is_in(const struct pool *pool, struct session *session)
{
    const struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->member != NULL && branch->member->pool == pool)
            return true;
    }
    return false;
}

/* The session that has the other parts, unless it has ended or is about to. */
static struct session *
session_on_trail(const struct pool *pool, uint64_t key)
{
    uint64_t now = loop_now_ms(pool->proxy->loop);
    struct handle to = trail_find(&pool->account->farm->trail, key, now);
    struct session *session = handle_object(&pool->proxy->session_table, to);

    if (session == NULL || session->state != SESSION_BOUND || !is_in(pool, session))
        return NULL;
    return session;
}

/* NULL: none has room. */
static struct session *
choose(struct pool *pool, const struct pdu *pdu)
{
    struct session *session = NULL;
    uint64_t key;

    if (!is_part(pool, pdu, &key))
        return next_ready(pool);
    session = session_on_trail(pool, key);
    if (session == NULL)
        session = next_ready(pool);
    if (session != NULL)
        trail_put(&pool->account->farm->trail, key, session->handle,
                  loop_now_ms(pool->proxy->loop));
    return session;
}

/* Gives it to that session, which may have to keep it for a while, but not too much. */
static void
deliver(struct session *session, const struct pdu *pdu, struct handle from)
{
    if (session->held_down.bytes > session->listener->hold)
        downward_refuse(session->proxy, from, pdu->command, pdu->number,
                        "its session has enough that waits");
    else
        downward_deliver(session, pdu, from);
}

static void
update_links(struct pool *pool)
{
    bool stop = pool->held_down.bytes > (pool->links_paused ? pool->hold / 2 : pool->hold);

    if (!stop && !pool->links_paused)
        return;
    pool->links_paused = stop;
    if (stop)
        linkset_pause(pool->linkset);   /* again, for a link that has come since */
    else
        linkset_resume(pool->linkset);
}

static void
hold(struct pool *pool, struct request *request)
{
    const struct link *link;

    request_list_append(&pool->held_down, request);
    if (!tap_is_on(pool->proxy))
        return;
    link = handle_object(&pool->proxy->link_table, request->from);
    if (link != NULL)
        tap_delivery(NULL, request, link, "held: no client takes it now");
}

static void
keep(struct pool *pool, const struct pdu *pdu, struct handle from)
{
    struct loop *loop = pool->proxy->loop;
    struct request *request = NULL;

    if (pool->held_down.first != NULL || has_receiver(pool))
        request = request_new(&loop->slab, pdu, from, loop_now_ms(loop));
    if (request == NULL)
        downward_refuse(pool->proxy, from, pdu->command, pdu->number,
                        has_receiver(pool) ? "memory is short" : "nobody is bound to receive");
    else
        hold(pool, request);
    update_links(pool);
}

void
pool_on_request(struct link *link, const struct pdu *pdu)
{
    struct linkset *linkset = link->owner;
    struct pool *pool = linkset->pool;
    struct session *session;
    struct pdu spare;

    pdu = downward_admit(link, pool->bound_state, pdu, &spare);
    if (pdu == NULL)
        return;
    session = choose(pool, pdu);
    if (session != NULL)
        deliver(session, pdu, link->handle);
    else
        keep(pool, pdu, link->handle);
}

/* What waits, as far as there is room for it. */
static void
serve(struct pool *pool)
{
    struct request *request;
    struct session *session;
    struct pdu pdu;

    while ((request = pool->held_down.first) != NULL && pool->ready != NULL) {
        ensure(pdu_frame(request->bytes, request->length, PDU_MAX, &pdu) == FRAME_WHOLE);
        session = choose(pool, &pdu);
        if (session == NULL)
            return;
        request_list_take(&pool->held_down, request);
        if (handle_object(&pool->proxy->link_table, request->from) != NULL)
            deliver(session, &pdu, request->from);
        request_free(&pool->proxy->loop->slab, request);
    }
}

void
pool_update(struct member *member)
{
    struct pool *pool = member->pool;

    if (member->ready_prev == NULL && takes(member->branch->session)) {
        DL_APPEND2(pool->ready, member, ready_prev, ready_next);
        serve(pool);
    }
    update_links(pool);
}

void
pool_turn_back(struct pool *pool)
{
    struct request *request;

    while (pool->held_down.first != NULL) {
        request = request_list_shift(&pool->held_down);
        downward_refuse(pool->proxy, request->from, request_command(request),
                        request_number(request), "nobody is bound to receive any more");
        request_free(&pool->proxy->loop->slab, request);
    }
    update_links(pool);
}
