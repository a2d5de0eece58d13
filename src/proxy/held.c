/* SPDX-License-Identifier: ISC */
/*
 * What waits on its way up: a session's `held` list waits for whichever link has room,
 * a link's `waiting` for that one. Of sessions that share their links, one at a time
 * is served, in turn (pool_up.c).
 */
#include <utlist.h>

#include "proxy/place.h"
#include "proxy/pool.h"
#include "proxy/upward_inner.h"

void
held_append(struct session *session, struct request *request)
{
    const struct conf_farm *farm = session->listener->farm;

    session->proxy->counters.held++;
    request_list_append(&session->held, request);
    if (session->linkset->takers == 0)
        session_watch_by(session, request->arrived_ms + farm->queue_timeout_ms);
    if (session->member != NULL)
        pool_hold(session->member);
}

void
held_prepend(struct session *session, struct request *request)
{
    request_list_prepend(&session->held, request);
    if (session->member != NULL)
        pool_hold(session->member);
}

/* How long a link that is gone is waited for. */
static uint64_t
waits_until(const struct link *link)
{
    return link->lost_at_ms + link->farm->queue_timeout_ms;
}

void
held_wait_for(struct session *session, struct link *link, struct request *request)
{
    session->proxy->counters.waited++;
    session->waiting++;
    session->waiting_bytes += request->cap;
    request_list_append(&link->waiting, request);
    if (link->state != LINK_BOUND)
        session_watch_by(session, waits_until(link));
}

/* It, taken from where it waited, is its session's again; NULL: that has ended, and so
 * has the request. */
static struct session *
take_back(struct link *link, struct request *request)
{
    struct session *session = upward_session(link->proxy, request->from);

    if (session == NULL) {
        request_free(&link->proxy->loop->slab, request);
        return NULL;
    }
    session->waiting--;
    session->waiting_bytes -= request->cap;
    if (session->member != NULL && session->held.first != NULL)
        pool_hold(session->member);
    return session;
}

void
held_serve_link(struct link *link)
{
    struct session *session;
    struct request *request;

    while (link->waiting.first != NULL && link_takes_requests(link)) {
        request = request_list_shift(&link->waiting);
        session = take_back(link, request);
        if (session == NULL)
            continue;
        upward_send(session, link, request);
        if (session->member != NULL)
            upward_relieve(session);
    }
}

void
held_put_back(struct link *link)
{
    struct session *session;
    struct request *request;

    while (link->waiting.first != NULL) {
        request = request_list_pop(&link->waiting);
        session = take_back(link, request);
        if (session != NULL)
            held_prepend(session, request);
    }
}

bool
held_serve_one(struct session *session)
{
    struct request *request = request_list_shift(&session->held);

    if (upward_try(session, request))
        return true;
    request_list_prepend(&session->held, request);
    return false;
}

void
upward_serve(struct session *session)
{
    if (session->member != NULL)
        pool_serve(session->member->pool);
    else
        while (session->held.first != NULL && held_serve_one(session))
            continue;
    session_update_reading(session);
    session_check_drained(session);
}

void
held_on_place(struct link *link)
{
    struct linkset *linkset = link->owner;

    if (link->waiting.first != NULL)
        held_serve_link(link);
    if (linkset->pool != NULL)
        pool_serve(linkset->pool);
}

void
upward_on_room(struct linkset *linkset)
{
    struct session *session = linkset->owner;
    size_t i;

    for (i = 0; i < linkset->places; i++)
        if (linkset->links[i] != NULL)
            held_serve_link(linkset->links[i]);
    if (linkset->pool != NULL)
        pool_serve(linkset->pool);
    else if (session->held.first != NULL)
        upward_serve(session);
}

/* What waits for a link that is not bound goes elsewhere, or is answered, once it has
 * been gone for too long: all of it, lest parts of one set go two ways. */
static uint64_t
expire_waiting(struct link *link)
{
    uint64_t now = loop_now_ms(link->proxy->loop), due = waits_until(link);
    struct request_list list = link->waiting;
    struct linkset *linkset = link->owner;
    struct session *session;
    struct request *request;

    if (link->state == LINK_BOUND || link->waiting.first == NULL)
        return UINT64_MAX;
    if (due > now)
        return due;
    link->waiting = (struct request_list){NULL, 0};
    while (list.first != NULL) {
        request = request_list_shift(&list);
        session = take_back(link, request);
        if (session == NULL)
            continue;
        if (!place_elsewhere(linkset, request, link->node))
            upward_refuse(session, request, place_failure(request));
        else if (!upward_dispatch(session, request))
            held_append(session, request);
    }
    return now + linkset->farm->queue_timeout_ms;
}

static uint64_t
expire_held(struct session *session)
{
    uint64_t now = loop_now_ms(session->proxy->loop), since, due = UINT64_MAX;

    if (session->linkset->takers > 0)
        return UINT64_MAX;
    while (session->held.first != NULL && !conn_is_full(&session->conn)) {
        since = session->held.first->arrived_ms;
        if (since < session->linkset->starved_at_ms)
            since = session->linkset->starved_at_ms;
        due = since + session->listener->farm->queue_timeout_ms;
        if (due > now)
            break;
        upward_refuse_busy(session, request_list_shift(&session->held));
        due = UINT64_MAX;
    }
    return due;
}

/* Sends what its account's rate has made wait. Returns when more may go. */
static uint64_t
serve_by_rate(struct session *session)
{
    uint32_t per_second = session->listener->farm->rate;
    struct linkset *linkset = session->linkset;
    uint64_t wait_us;

    if (per_second == 0 || session->held.first == NULL || linkset->takers == 0 ||
        session->member != NULL)
        return UINT64_MAX;
    upward_serve(session);
    if (session->held.first == NULL)
        return UINT64_MAX;
    wait_us = rate_wait_us(&linkset->account->rate, per_second);
    return loop_now_ms(session->proxy->loop) + wait_us / 1000 + 1;
}

uint64_t
upward_expire_held(struct session *session)
{
    struct linkset *linkset = session->linkset;
    uint64_t due = UINT64_MAX, its;
    size_t i;

    for (i = 0; i < linkset->places && session->waiting > 0; i++)
        if (linkset->links[i] != NULL) {
            its = expire_waiting(linkset->links[i]);
            due = its < due ? its : due;
        }
    its = expire_held(session);
    due = its < due ? its : due;
    its = serve_by_rate(session);
    if (session->member != NULL)
        pool_serve(session->member->pool);
    session_update_reading(session);
    return its < due ? its : due;
}

/* What the session has waiting for the link goes in front of what it holds. */
static void
put_back_its(struct session *session, struct link *link)
{
    struct request_list its = {NULL, 0};
    struct request *request, *next;

    DL_FOREACH_SAFE(link->waiting.first, request, next) {
        if (!handle_equal(request->from, session->handle))
            continue;
        request_list_take(&link->waiting, request);
        session->waiting--;
        session->waiting_bytes -= request->cap;
        request_list_append(&its, request);
    }
    request_list_put_before(&session->held, &its);
}

static void
put_back_all(struct session *session)
{
    struct linkset *linkset = session->linkset;
    size_t i;

    for (i = 0; i < linkset->places && session->waiting > 0; i++)
        if (linkset->links[i] != NULL)
            put_back_its(session, linkset->links[i]);
}

void
upward_refuse_held(struct session *session)
{
    put_back_all(session);
    while (session->held.first != NULL)
        upward_refuse_busy(session, request_list_shift(&session->held));
    session_update_reading(session);
}

void
upward_forget_held(struct session *session)
{
    if (session->waiting > 0)
        put_back_all(session);
    request_list_clear(&session->held, &session->proxy->loop->slab);
}
