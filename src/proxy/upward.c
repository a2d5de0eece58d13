/* SPDX-License-Identifier: ISC */
/*
 * What comes from clients: placing, sending, answering. A request is owned by what was
 * read ahead (ahead.h), by its session's `held` list, by what waits for a link (held.c), or
 * by a link's window, by one of them only; it gets its one response from the node, or from here.
 */
#include "proxy/upward.h"

#include <string.h>

#include "base/log.h"
#include "proxy/doubt.h"
#include "proxy/ids.h"
#include "proxy/place.h"
#include "proxy/pool.h"
#include "proxy/upward_inner.h"

static struct slab *
slab_of(const struct proxy *proxy)
{
    return &proxy->loop->slab;
}

void
upward_refuse(struct session *session, struct request *request, uint32_t status)
{
    session_answer(session, request_command(request), status, request_number(request));
    request_free(slab_of(session->proxy), request);
}

void
upward_refuse_busy(struct session *session, struct request *request)
{
    session->proxy->counters.answered_busy++;
    upward_refuse(session, request, session->listener->farm->busy_status);
}

void
upward_send(struct session *session, struct link *link, struct request *request)
{
    if (request->lost_at != REQUEST_NOT_LOST)
        doubt_note(session, link, request);
    if (link_send(link, request))
        session->in_flight++;
    else
        upward_refuse_busy(session, request);
}

/* Of a session that shares its links only so many may wait for one of them: the others
 * that do so wait for their turn. */
static bool
may_wait(const struct session *session)
{
    return session->member == NULL || session->waiting < POOL_WAITING_MAX;
}

bool
upward_dispatch(struct session *session, struct request *request)
{
    struct link *link;

    switch (place_find(session->linkset, request, &link)) {
    case PLACE_LINK:
        if (link_takes_requests(link) && link->waiting.first == NULL)
            upward_send(session, link, request);
        else if (may_wait(session))
            held_wait_for(session, link, request);
        else
            return false;
        return true;
    case PLACE_HOLD:
        return false;
    case PLACE_FAIL:
        upward_refuse(session, request, place_failure(request));
        return true;
    }
    return false;
}

static bool
is_message(const struct request *request)
{
    uint32_t command = request_command(request);

    return command == SMPP_SUBMIT_SM || command == SMPP_DATA_SM || command == SMPP_SUBMIT_MULTI;
}

/*
 * A long message is not torn: once one part has passed all others do, and once one was
 * refused all others are, until that one is sent again.
 */
static bool
take_part(struct rate *rate, uint32_t per_second, const struct request *request, uint64_t now_us)
{
    uint16_t rated = set_rated(request->sets, request->set);

    if (rated == SET_PASSED || set_node(request->sets, request->set) != SET_NO_NODE) {
        rate_owe(rate, per_second, now_us);
        return true;
    }
    if ((rated != 0 && rated != request->part) || !rate_take(rate, per_second, now_us))
        return false;
    set_put_rated(request->sets, request->set, SET_PASSED);
    return true;
}

/* May it pass, by its account's rate? */
static bool
within_rate(struct session *session, struct request *request)
{
    uint32_t per_second = session->listener->farm->rate;
    struct rate *rate = &session->linkset->account->rate;
    uint64_t now_us = session->proxy->loop->now_us;

    if (request->counted || per_second == 0 || !is_message(request))
        return true;
    request->counted = request->set != SET_NONE ? take_part(rate, per_second, request, now_us)
                                                : rate_take(rate, per_second, now_us);
    return request->counted;
}

/* Above the rate: true where it has been answered, false where it is to be held. */
static bool
throttle(struct session *session, struct request *request)
{
    const struct conf_farm *farm = session->listener->farm;
    struct account *account = session->linkset->account;
    uint64_t wait_ms;

    switch (farm->rate_excess) {
    case CONF_RATE_DELAY:
        session->proxy->counters.delayed++;
        wait_ms = rate_wait_us(&account->rate, farm->rate) / 1000;
        if (session->member != NULL)
            pool_serve_in(session->member->pool, wait_ms + 1);
        else
            session_watch_by(session, loop_now_ms(session->proxy->loop) + wait_ms);
        return false;
    case CONF_RATE_THROTTLE:
        session->proxy->counters.throttled++;
        if (request->set != SET_NONE && set_rated(request->sets, request->set) == 0)
            set_put_rated(request->sets, request->set, request->part);
        upward_refuse(session, request, SMPP_RTHROTTLED);
        return true;
    }
    return false;
}

bool
upward_try(struct session *session, struct request *request)
{
    return within_rate(session, request) ? upward_dispatch(session, request)
                                         : throttle(session, request);
}

/* What waits must not be overtaken. Parts and ids have an order of their own, unless the
 * session's turn is what they wait for. */
static bool
keeps_order(const struct session *session, const struct request *request)
{
    return request->rule == REQUEST_ANY || request->rule == REQUEST_HASH ||
           session->member != NULL;
}

static void
admit(struct session *session, struct request *request)
{
    place_join(session->linkset, request);
    if ((session->held.first != NULL && keeps_order(session, request)) ||
        !upward_try(session, request))
        held_append(session, request);
}

void
upward_admit_all(struct session *session)
{
    struct request *request;

    while ((request = ahead_shift(&session->proxy->ahead)) != NULL) {
        if (session->linkset != NULL)
            admit(session, request);
        else
            request_free(slab_of(session->proxy), request);
    }
}

void
upward_request(struct session *session, const struct pdu *pdu)
{
    struct proxy *proxy = session->proxy;
    struct request *request;

    proxy->counters.requests_up++;
    session->requests++;
    if (pdu->length > session->listener->farm->max_pdu_up) {
        session_answer(session, pdu->command, SMPP_RINVMSGLEN, pdu->number);
        return;
    }
    request = place_request(session->linkset, pdu, session->handle);
    if (request == NULL) {
        proxy->counters.answered_busy++;
        session_answer(session, pdu->command, session->listener->farm->busy_status, pdu->number);
        return;
    }
    if (request->parts == 0 && proxy->ahead.count == 0) {
        admit(session, request);
        return;
    }
    if (ahead_is_full(&proxy->ahead))
        admit(session, ahead_shift(&proxy->ahead));
    ahead_append(&proxy->ahead, request);
}

/* A pending has left its link's window. */
static void
left(struct session *session, struct link *link)
{
    session->in_flight--;
    if (link->waiting.first != NULL)
        held_serve_link(link);
    if (session->member != NULL)
        pool_serve(session->member->pool);
    else if (session->held.first != NULL)
        upward_serve(session);
    upward_relieve(session);
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
}

/* The node is busy, by retry-on: it gets a rest. True: another node gets the request. */
static bool
retry(struct session *session, struct link *link, struct request *request, uint32_t status)
{
    const struct conf_farm *farm = link->farm;
    struct link *other;

    if (!conf_has_status(&farm->retry_on, status))
        return false;
    linkset_rest(session->linkset, link->node);
    if (request->rule != REQUEST_ANY || request->moves >= farm->redispatch_max)
        return false;
    other = linkset_pick_rested(session->linkset);
    if (other == NULL || other->node == link->node)
        return false;
    request->moves++;
    session->proxy->counters.retried++;
    upward_send(session, other, request);
    return true;
}

void
upward_on_response(struct link *link, const struct pdu *pdu, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct session *session = upward_session(proxy, pending->from);
    struct request *request = pending->request;
    uint32_t number = pending->their_number;

    node_counts_answered(&link->at->counts, pdu->status, proxy->loop->now_us - pending->sent_us);
    window_take(&link->window, pending, WINDOW_ANSWERED);
    if (session == NULL) {
        proxy->counters.late_responses++;
        request_free(slab_of(proxy), request);
        held_on_place(link);
        return;
    }
    if (place_goes_on(session->linkset, request, link->node, pdu->status)) {
        if (!upward_dispatch(session, request))
            held_append(session, request);
        left(session, link);
        return;
    }
    if (pdu->status != SMPP_ROK && retry(session, link, request, pdu->status)) {
        left(session, link);
        return;
    }
    proxy->counters.responses_up++;
    session->responses++;
    if (request->set != SET_NONE && pdu->status == SMPP_ROK)
        set_accept(request->sets, request->set, request->part, loop_now_ms(proxy->loop));
    if (request->accepted && pdu->status != SMPP_ROK)
        session_answer(session, request_command(request), SMPP_ROK, number);
    else
        answer(session, link, pdu, number);
    request_free(slab_of(proxy), request);
    left(session, link);
}

void
upward_on_expired(struct link *link, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct session *session = upward_session(proxy, pending->from);
    struct request *request = pending->request;

    link->at->counts.expired++;
    window_take(&link->window, pending, WINDOW_EXPIRED);
    if (session == NULL) {
        request_free(slab_of(proxy), request);
        held_on_place(link);
        return;
    }
    log_limited(LOG_LEVEL_WARNING, session_label(session),
                "request unanswered in time node=%s number=%u", link_node_name(link),
                request_number(request));
    upward_refuse(session, request, request->accepted ? SMPP_ROK : SMPP_RSYSERR);
    left(session, link);
}
