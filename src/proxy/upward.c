/* SPDX-License-Identifier: ISC */
/*
 * What comes from clients: placing, sending, answering. A request is owned by what was
 * read ahead (ahead.h), by its branch's `held` list, by what waits for a link (held.c), or
 * by a link's window, by one of them only; it gets its one response from the node, or from here.
 */
#include "proxy/upward.h"

#include <string.h>

#include "base/log.h"
#include "proxy/doubt.h"
#include "proxy/ids.h"
#include "proxy/place.h"
#include "proxy/pool.h"
#include "proxy/tap.h"
#include "proxy/upward_inner.h"

static struct slab *
slab_of(const struct proxy *proxy)
{
    return &proxy->loop->slab;
}

void
upward_refuse(struct session *session, struct request *request, uint32_t status,
              const char *why)
{
    session_answer(session, request_command(request), status, request_number(request), why);
    request_free(slab_of(session->proxy), request);
}

void
upward_refuse_busy(struct branch *branch, struct request *request, const char *why)
{
    branch->session->proxy->counters.answered_busy++;
    upward_refuse(branch->session, request, branch->farm->conf->busy_status, why);
}

void
upward_send(struct branch *branch, struct link *link, struct request *request)
{
    if (request->lost_at != REQUEST_NOT_LOST)
        doubt_note(branch->session, link, request);
    if (link_send(link, request))
        branch->session->in_flight++;
    else
        upward_refuse_busy(branch, request, "memory is short");
}

/* Of a session that shares its links only so many may wait for one of them: the others
 * that do so wait for their turn. */
static bool
may_wait(const struct branch *branch)
{
    return branch->member == NULL || branch->waiting < POOL_WAITING_MAX;
}

/* Where a tour has a node to ask: this branch, or one behind it. NULL: there is none. */
static struct branch *
on_tour(struct branch *branch, struct request *request)
{
    struct session *session = branch->session;
    uint32_t i;

    if (place_has_next(branch->linkset, request))
        return branch;
    for (i = branch->index + 1U; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->linkset == NULL || branch->linkset->bound == 0)
            continue;
        request->branch = branch->index;
        request->node = 0;
        return branch;
    }
    return NULL;
}

/* It has no link here; a tour may have one elsewhere. */
static bool
dispatch_elsewhere(struct branch *branch, struct request *request, enum place place)
{
    struct branch *next = place_is_tour(request) ? on_tour(branch, request) : NULL;

    if (next != NULL && next != branch)
        return upward_dispatch(next, request);
    if (place == PLACE_HOLD)
        return false;
    upward_refuse(branch->session, request, place_failure(request),
                  "no node is left that could answer it");
    return true;
}

bool
upward_dispatch(struct branch *branch, struct request *request)
{
    struct link *link;
    enum place place = place_find(branch->linkset, request, &link);

    if (place != PLACE_LINK)
        return dispatch_elsewhere(branch, request, place);
    if (link_takes_requests(link) && link->waiting.first == NULL)
        upward_send(branch, link, request);
    else if (may_wait(branch))
        held_wait_for(branch, link, request);
    else
        return false;
    return true;
}

static bool
is_message(const struct request *request)
{
    uint32_t command = request_command(request);

    return command == SMPP_SUBMIT_SM || command == SMPP_DATA_SM || command == SMPP_SUBMIT_MULTI;
}

/* A token, where there is one. */
static bool
take(struct account *account, uint32_t per_second, uint64_t now_us)
{
    return now_us >= account->rate_opens_us && rate_take(&account->rate, per_second, now_us);
}

/*
 * A long message is not torn: once one part has passed all others do, and once one was
 * refused all others are, until that one is sent again.
 */
static bool
take_part(struct account *account, uint32_t per_second, const struct request *request,
          uint64_t now_us)
{
    uint16_t rated = set_rated(request->sets, request->set);

    if (rated == SET_PASSED || set_node(request->sets, request->set) != SET_NO_NODE) {
        rate_owe(&account->rate, per_second, now_us);
        return true;
    }
    if ((rated != 0 && rated != request->part) || !take(account, per_second, now_us))
        return false;
    set_put_rated(request->sets, request->set, SET_PASSED);
    return true;
}

/* May it pass, by its account's rate? */
static bool
within_rate(struct branch *branch, struct request *request)
{
    uint32_t per_second = branch->farm->conf->rate;
    struct account *account = branch->linkset->account;
    uint64_t now_us = branch->session->proxy->loop->now_us;

    if (request->counted || per_second == 0 || !is_message(request))
        return true;
    request->counted = request->set != SET_NONE ? take_part(account, per_second, request, now_us)
                                                : take(account, per_second, now_us);
    return request->counted;
}

/* The account has no token left: nothing of it passes for a while, so that what waits goes in
 * batches and costs others little. */
static void
delay(struct branch *branch)
{
    struct account *account = branch->linkset->account;
    struct session *session = branch->session;
    uint64_t now_us = session->proxy->loop->now_us;

    if (account->rate_opens_us <= now_us)
        account->rate_opens_us = now_us + RATE_PAUSE_US +
                                 rate_wait_us(&account->rate, branch->farm->conf->rate);
    if (branch->member != NULL)
        pool_serve_in(branch->member->pool, (account->rate_opens_us - now_us) / 1000 + 1);
    else
        session_watch_by(session, held_rate_due(branch));
}

/* Above the rate: true where it has been answered, false where it is to be held. */
static bool
throttle(struct branch *branch, struct request *request)
{
    struct session *session = branch->session;

    switch (branch->farm->conf->rate_excess) {
    case CONF_RATE_DELAY:
        delay(branch);
        return false;
    case CONF_RATE_THROTTLE:
        session->proxy->counters.throttled++;
        if (request->set != SET_NONE && set_rated(request->sets, request->set) == 0)
            set_put_rated(request->sets, request->set, request->part);
        upward_refuse(session, request, SMPP_RTHROTTLED, "above the account's rate");
        return true;
    }
    return false;
}

bool
upward_try(struct branch *branch, struct request *request)
{
    return within_rate(branch, request) ? upward_dispatch(branch, request)
                                        : throttle(branch, request);
}

/* What waits must not be overtaken. Parts and ids have an order of their own, unless the
 * session's turn is what they wait for. */
static bool
keeps_order(const struct branch *branch, const struct request *request)
{
    return request->rule == REQUEST_ANY || request->rule == REQUEST_HASH ||
           branch->member != NULL;
}

static void
admit(struct branch *branch, struct request *request)
{
    struct session *session = branch->session;

    place_join(branch->linkset, request);
    if ((branch->held.first != NULL && keeps_order(branch, request)) ||
        !upward_try(branch, request)) {
        if (branch->linkset->account->rate_opens_us > session->proxy->loop->now_us)
            session->proxy->counters.delayed++;
        held_append(session, request);
    }
}

void
upward_admit_all(struct session *session)
{
    struct request *request;
    struct branch *branch;

    while ((request = ahead_shift(&session->proxy->ahead)) != NULL) {
        branch = session_branch(session, request->branch);
        if (branch->linkset != NULL)
            admit(branch, request);
        else
            request_free(slab_of(session->proxy), request);
    }
}

void
upward_request(struct session *session, const struct pdu *pdu)
{
    struct proxy *proxy = session->proxy;
    struct branch *branch = &session->home;
    struct request *request = NULL, *first;
    struct reading reading;

    proxy->counters.requests_up++;
    session->requests++;
    senders_count(&proxy->senders, &session->sent_in, proxy->loop->now_us);
    place_read(pdu, &reading);
    if (session->steps != NULL)
        branch = branch_for(session, &reading);
    if (branch != NULL)
        request = place_request(branch->linkset, pdu, &reading, session->handle);
    if (request == NULL) {
        proxy->counters.answered_busy++;
        session_answer(session, pdu->command, session->home.farm->conf->busy_status, pdu->number,
                       "memory is short");
        return;
    }
    request->branch = branch->index;
    if (pdu->length > branch->farm->conf->max_pdu_up) {
        upward_refuse(session, request, SMPP_RINVMSGLEN, "longer than the nodes take");
        return;
    }
    if (request->parts == 0 && proxy->ahead.count == 0) {
        admit(branch, request);
        return;
    }
    if (ahead_is_full(&proxy->ahead)) {
        first = ahead_shift(&proxy->ahead);
        admit(session_branch(session, first->branch), first);
    }
    ahead_append(&proxy->ahead, request);
}

/* A pending has left its link's window. */
static void
left(struct branch *branch, struct link *link)
{
    branch->session->in_flight--;
    if (link->waiting.first != NULL)
        held_serve_link(link);
    if (branch->member != NULL)
        pool_serve(branch->member->pool);
    else if (branch->held.first != NULL)
        upward_serve(branch);
    upward_relieve(branch->session);
}

/* The response as the client is to see it. */
static void
answer(struct session *session, const struct link *link, const struct pdu *pdu, uint32_t number)
{
    struct linkset *linkset = link->owner;
    struct farm *farm = linkset->account->farm;
    size_t tag_at = ids_tag_at(farm, pdu, (uint16_t)link->node);
    uint8_t *room;

    room = session_put(session, pdu->length + (tag_at > 0 ? CONF_TAG_LEN : 0));
    if (room == NULL)
        return;
    ids_put_response(farm, pdu, (uint16_t)link->node, tag_at, room);
    pdu_put_number(room, number);
    if (tap_is_on(session->proxy))
        tap_to_client(session, room, link, pdu->number, NULL);
}

/* The node is busy, by retry-on: it gets a rest. True: another node gets the request. */
static bool
retry(struct branch *branch, struct link *link, struct request *request, uint32_t status)
{
    const struct conf_farm *farm = link->farm;
    struct link *other;

    if (!conf_has_status(&farm->retry_on, status))
        return false;
    linkset_rest(branch->linkset, link->node);
    if (request->rule != REQUEST_ANY || request->moves >= farm->redispatch_max)
        return false;
    other = linkset_pick_rested(branch->linkset);
    if (other == NULL || other->node == link->node)
        return false;
    request->moves++;
    link->proxy->counters.retried++;
    if (tap_is_on(link->proxy))
        tap_request(branch, request, link, -1, "its node is busy: it goes to another");
    upward_send(branch, other, request);
    return true;
}

void
upward_on_response(struct link *link, const struct pdu *pdu, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct request *request = pending->request;
    struct branch *branch = upward_branch(proxy, pending->from, request);
    uint32_t number = pending->their_number;
    struct session *session;

    node_counts_answered(&link->at->counts, pdu->status, proxy->loop->now_us - pending->sent_us);
    window_take(&link->window, pending, WINDOW_ANSWERED);
    if (branch == NULL) {
        proxy->counters.late_responses++;
        request_free(slab_of(proxy), request);
        held_on_place(link);
        return;
    }
    session = branch->session;
    if (place_goes_on(request, link->node, pdu->status) && on_tour(branch, request) != NULL) {
        if (!upward_dispatch(session_branch(session, request->branch), request))
            held_append(session, request);
        left(branch, link);
        return;
    }
    if (pdu->status != SMPP_ROK && retry(branch, link, request, pdu->status)) {
        left(branch, link);
        return;
    }
    proxy->counters.responses_up++;
    session->responses++;
    if (request->set != SET_NONE && pdu->status == SMPP_ROK)
        set_accept(request->sets, request->set, request->part, loop_now_ms(proxy->loop));
    if (request->accepted && pdu->status != SMPP_ROK)
        session_answer(session, request_command(request), SMPP_ROK, number,
                       "one of the nodes that were asked has accepted it");
    else
        answer(session, link, pdu, number);
    request_free(slab_of(proxy), request);
    left(branch, link);
}

void
upward_on_expired(struct link *link, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct request *request = pending->request;
    struct branch *branch = upward_branch(proxy, pending->from, request);

    link->at->counts.expired++;
    window_take(&link->window, pending, WINDOW_EXPIRED);
    if (branch == NULL) {
        request_free(slab_of(proxy), request);
        held_on_place(link);
        return;
    }
    log_limited(LOG_LEVEL_WARNING, session_label(branch->session),
                "request unanswered in time node=%s number=%u", link_node_name(link),
                request_number(request));
    upward_refuse(branch->session, request, request->accepted ? SMPP_ROK : SMPP_RSYSERR,
                  "its node did not answer in time");
    left(branch, link);
}
