/* SPDX-License-Identifier: ISC */
/*
 * What waits on its way up: a branch's `held` list waits for whichever link has room,
 * a link's `waiting` for that one. Of sessions that share their links, one at a time
 * is served, in turn (pool_up.c).
 */
#include <utlist.h>

#include "proxy/place.h"
#include "proxy/pool.h"
#include "proxy/tap.h"
#include "proxy/upward_inner.h"

/* Are there others that a farm without a node must not hold up? */
static bool
is_one_of_several(const struct branch *branch)
{
    return branch->session->other_count > 0 && branch->linkset->takers == 0;
}

/* There, only a part of what may wait does so, lest the client is not read and its messages for
 * other farms wait, too. */
static bool
is_too_much(const struct branch *branch, const struct request *request)
{
    const struct session *session = branch->session;
    size_t share = session->listener->hold / 2 / (session->other_count + 1);

    return is_one_of_several(branch) &&
           branch->held.bytes + branch->waiting_bytes + request->cap > share;
}

/* In words, for who traces it. */
static const char *
why_held(const struct branch *branch)
{
    if (branch->linkset->account->rate_opens_us > branch->session->proxy->loop->now_us)
        return "held: above the account's rate";
    return branch->held.first != NULL ? "held: behind others that are"
                                      : "held: no node takes it now";
}

void
held_append(struct session *session, struct request *request)
{
    struct branch *branch = session_branch(session, request->branch);

    if (is_too_much(branch, request)) {
        upward_refuse_busy(branch, request, "its farm has no node, and enough waits");
        return;
    }
    session->proxy->counters.held++;
    if (tap_is_on(session->proxy))
        tap_request(branch, request, NULL, -1, why_held(branch));
    request_list_append(&branch->held, request);
    if (branch->linkset->takers == 0)
        session_watch_by(session, request->arrived_ms + branch->farm->conf->queue_timeout_ms);
    if (branch->member != NULL)
        pool_hold(branch->member);
}

void
held_prepend(struct branch *branch, struct request *request)
{
    request_list_prepend(&branch->held, request);
    if (branch->member != NULL)
        pool_hold(branch->member);
    held_trim(branch);
}

void
held_trim(struct branch *branch)
{
    struct session *session = branch->session;
    size_t hold = session->listener->hold;

    if (!is_one_of_several(branch))
        return;
    while (branch->held.first != NULL &&
           session_held_bytes(session) > (session->conn.paused ? hold / 2 : hold))
        upward_refuse_busy(branch, request_list_pop(&branch->held),
                           "its farm has no node, and enough waits");
}

void
upward_on_starved(struct branch *branch)
{
    const struct linkset *linkset = branch->linkset;

    if (branch->held.first != NULL && is_one_of_several(branch)) {
        held_trim(branch);
        session_update_reading(branch->session);
        session_watch_by(branch->session, 0);   /* it may be done, but not within this call */
    }
    session_watch_by(branch->session,
                     linkset->starved_at_ms + linkset->farm->queue_timeout_ms);
}

/* How long a link that is gone is waited for. */
static uint64_t
waits_until(const struct link *link)
{
    return link->lost_at_ms + link->farm->queue_timeout_ms;
}

void
held_wait_for(struct branch *branch, struct link *link, struct request *request)
{
    branch->session->proxy->counters.waited++;
    if (tap_is_on(link->proxy))
        tap_request(branch, request, link, -1, "held: it waits for this node");
    branch->waiting++;
    branch->waiting_bytes += request->cap;
    request_list_append(&link->waiting, request);
    if (link->state != LINK_BOUND)
        session_watch_by(branch->session, waits_until(link));
}

/* It, taken from where it waited, is its branch's again; NULL: that has ended, and so
 * has the request. */
static struct branch *
take_back(struct link *link, struct request *request)
{
    struct branch *branch = upward_branch(link->proxy, request->from, request);

    if (branch == NULL) {
        request_free(&link->proxy->loop->slab, request);
        return NULL;
    }
    branch->waiting--;
    branch->waiting_bytes -= request->cap;
    if (branch->member != NULL && branch->held.first != NULL)
        pool_hold(branch->member);
    return branch;
}

void
held_serve_link(struct link *link)
{
    struct request *request;
    struct branch *branch;

    while (link->waiting.first != NULL && link_takes_requests(link)) {
        request = request_list_shift(&link->waiting);
        branch = take_back(link, request);
        if (branch == NULL)
            continue;
        upward_send(branch, link, request);
        if (branch->member != NULL)
            upward_relieve(branch->session);
    }
}

void
held_put_back(struct link *link)
{
    struct request *request;
    struct branch *branch;

    while (link->waiting.first != NULL) {
        request = request_list_pop(&link->waiting);
        branch = take_back(link, request);
        if (branch != NULL)
            held_prepend(branch, request);
    }
}

bool
held_serve_one(struct branch *branch)
{
    struct request *request = request_list_shift(&branch->held);
    bool done = upward_try(branch, request);

    if (done)
        return true;
    if (request->branch != branch->index) {     /* a tour that has gone on */
        held_append(branch->session, request);
        return true;
    }
    request_list_prepend(&branch->held, request);
    return false;
}

void
upward_serve(struct branch *branch)
{
    struct session *session = branch->session;

    if (branch->member != NULL)
        pool_serve(branch->member->pool);
    else
        while (branch->held.first != NULL && held_serve_one(branch))
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
    struct branch *branch = linkset->owner;
    size_t i;

    for (i = 0; i < linkset->places; i++)
        if (linkset->links[i] != NULL)
            held_serve_link(linkset->links[i]);
    if (linkset->pool != NULL)
        pool_serve(linkset->pool);
    else if (branch->held.first != NULL)
        upward_serve(branch);
}

/* What waits for a link that is not bound goes elsewhere, or is answered, once it has
 * been gone for too long: all of it, lest parts of one set go two ways. */
static uint64_t
expire_waiting(struct link *link)
{
    uint64_t now = loop_now_ms(link->proxy->loop), due = waits_until(link);
    struct request_list list = link->waiting;
    struct linkset *linkset = link->owner;
    struct request *request;
    struct branch *branch;

    if (link->state == LINK_BOUND || link->waiting.first == NULL)
        return UINT64_MAX;
    if (due > now)
        return due;
    link->waiting = (struct request_list){NULL, 0};
    while (list.first != NULL) {
        request = request_list_shift(&list);
        branch = take_back(link, request);
        if (branch == NULL)
            continue;
        if (!place_elsewhere(linkset, request, link->node))
            upward_refuse(branch->session, request, place_failure(request),
                          "its node did not come back in time");
        else if (!upward_dispatch(branch, request))
            held_append(branch->session, request);
    }
    return now + linkset->farm->queue_timeout_ms;
}

static uint64_t
expire_held(struct branch *branch)
{
    struct session *session = branch->session;
    uint64_t now = loop_now_ms(session->proxy->loop), since, due = UINT64_MAX;

    if (branch->linkset->takers > 0)
        return UINT64_MAX;
    while (branch->held.first != NULL && !conn_is_full(&session->conn)) {
        since = branch->held.first->arrived_ms;
        if (since < branch->linkset->starved_at_ms)
            since = branch->linkset->starved_at_ms;
        due = since + branch->farm->conf->queue_timeout_ms;
        if (due > now)
            break;
        upward_refuse_busy(branch, request_list_shift(&branch->held),
                           "no node came in time");
        due = UINT64_MAX;
    }
    return due;
}

uint64_t
held_rate_due(const struct branch *branch)
{
    uint64_t opens_ms = branch->linkset->account->rate_opens_us / 1000 + 1;

    return opens_ms + (branch->session->handle.place + opens_ms) % RATE_TURNS;
}

/* Sends what its account's rate has made wait. Returns when more may go. */
static uint64_t
serve_by_rate(struct branch *branch)
{
    struct linkset *linkset = branch->linkset;

    if (linkset->account->rate_opens_us == 0 || branch->held.first == NULL ||
        linkset->takers == 0 || branch->member != NULL)
        return UINT64_MAX;
    upward_serve(branch);
    if (branch->held.first == NULL ||
        linkset->account->rate_opens_us <= branch->session->proxy->loop->now_us)
        return UINT64_MAX;
    return held_rate_due(branch);
}

static uint64_t
expire_branch(struct branch *branch)
{
    struct linkset *linkset = branch->linkset;
    uint64_t due = UINT64_MAX, its;
    size_t i;

    if (linkset == NULL)
        return due;
    for (i = 0; i < linkset->places && branch->waiting > 0; i++)
        if (linkset->links[i] != NULL) {
            its = expire_waiting(linkset->links[i]);
            due = its < due ? its : due;
        }
    its = expire_held(branch);
    due = its < due ? its : due;
    its = serve_by_rate(branch);
    if (branch->member != NULL)
        pool_serve(branch->member->pool);
    return its < due ? its : due;
}

uint64_t
upward_expire_held(struct session *session)
{
    uint64_t due = UINT64_MAX, its;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        its = expire_branch(session_branch(session, i));
        due = its < due ? its : due;
    }
    session_update_reading(session);
    return due;
}

/* What the branch has waiting for the link goes in front of what it holds. */
static void
put_back_its(struct branch *branch, struct link *link)
{
    struct request_list its = {NULL, 0};
    struct request *request, *next;

    DL_FOREACH_SAFE(link->waiting.first, request, next) {
        if (!handle_equal(request->from, branch->session->handle))
            continue;
        request_list_take(&link->waiting, request);
        branch->waiting--;
        branch->waiting_bytes -= request->cap;
        request_list_append(&its, request);
    }
    request_list_put_before(&branch->held, &its);
}

static void
put_back_all(struct branch *branch)
{
    struct linkset *linkset = branch->linkset;
    size_t i;

    for (i = 0; linkset != NULL && i < linkset->places && branch->waiting > 0; i++)
        if (linkset->links[i] != NULL)
            put_back_its(branch, linkset->links[i]);
}

void
upward_refuse_held(struct session *session)
{
    struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        put_back_all(branch);
        while (branch->held.first != NULL)
            upward_refuse_busy(branch, request_list_shift(&branch->held),
                               "it was held, and its session is to end");
    }
    session_update_reading(session);
}

void
upward_forget_held(struct session *session)
{
    struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        put_back_all(branch);
        request_list_clear(&branch->held, &session->proxy->loop->slab);
    }
}
