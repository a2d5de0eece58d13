/* SPDX-License-Identifier: ISC */
/*
 * What comes from clients: placing, holding, answering, moving. A request is
 * owned by its session's `held` list or by a link's window, never by both; it
 * gets its one response from the node, or from here.
 */
#include "proxy/upward.h"

#include <string.h>

#include "base/log.h"
#include "proxy/doubt.h"
#include "proxy/ids.h"
#include "proxy/place.h"

static struct session *
session_of(const struct proxy *proxy, struct handle handle)
{
    return handle_object(&proxy->session_table, handle);
}

static struct slab *
slab_of(const struct proxy *proxy)
{
    return &proxy->loop->slab;
}

static void
refuse(struct session *session, struct request *request, uint32_t status)
{
    session_answer(session, request_command(request), status, request_number(request));
    request_free(slab_of(session->proxy), request);
}

static void
refuse_busy(struct session *session, struct request *request)
{
    session->proxy->counters.answered_busy++;
    refuse(session, request, session->listener->farm->busy_status);
}

static void
hold(struct session *session, struct request *request)
{
    const struct conf_farm *farm = session->listener->farm;

    session->proxy->counters.held++;
    request_list_append(&session->held, request);
    if (session->linkset->takers == 0)
        session_watch_by(session, request->arrived_ms + farm->queue_timeout_ms);
}

/* How long a link that is gone is waited for. */
static uint64_t
waits_until(const struct session *session, const struct link *link)
{
    return link->lost_at_ms + session->listener->farm->queue_timeout_ms;
}

/* Puts it behind what waits for this link already. */
static void
wait_for(struct session *session, struct link *link, struct request *request)
{
    session->proxy->counters.waited++;
    session->waiting++;
    session->waiting_bytes += request->cap;
    request_list_append(&link->waiting, request);
    if (link->state != LINK_BOUND)
        session_watch_by(session, waits_until(session, link));
}

static struct request *
take_waiting(struct session *session, struct link *link)
{
    struct request *request = request_list_shift(&link->waiting);

    session->waiting--;
    session->waiting_bytes -= request->cap;
    return request;
}

static void
send_up(struct session *session, struct link *link, struct request *request)
{
    if (request->lost_at != REQUEST_NOT_LOST)
        doubt_log(session, link, request);
    if (link_send(link, request))
        session->in_flight++;
    else
        refuse_busy(session, request);
}

/* Sends it, has it wait for its link, or answers it. False: it must be held. */
static bool
dispatch(struct session *session, struct request *request)
{
    struct link *link;

    switch (place_find(session->linkset, request, &link)) {
    case PLACE_LINK:
        if (link_takes_requests(link) && link->waiting.first == NULL)
            send_up(session, link, request);
        else
            wait_for(session, link, request);
        return true;
    case PLACE_HOLD:
        return false;
    case PLACE_FAIL:
        refuse(session, request, place_failure(request));
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

/* May it pass, by its account's rate? A part follows its set in any case: a long
 * message is not torn. */
static bool
within_rate(struct session *session, struct request *request)
{
    uint32_t per_second = session->listener->farm->rate;
    struct rate *rate = &session->linkset->account->rate;
    uint64_t now_us = session->proxy->loop->now_us;

    if (request->counted || per_second == 0 || !is_message(request))
        return true;
    request->counted = true;
    if (request->set != SET_NONE && set_node(request->sets, request->set) != SET_NO_NODE)
        rate_owe(rate, per_second, now_us);
    else
        request->counted = rate_take(rate, per_second, now_us);
    return request->counted;
}

/* Above the rate: true where it has been answered, false where it is to be held. */
static bool
throttle(struct session *session, struct request *request)
{
    const struct conf_farm *farm = session->listener->farm;
    struct account *account = session->linkset->account;

    switch (farm->rate_excess) {
    case CONF_RATE_DELAY:
        session->proxy->counters.delayed++;
        session_watch_by(session, loop_now_ms(session->proxy->loop) +
                                      rate_wait_us(&account->rate, farm->rate) / 1000);
        return false;
    case CONF_RATE_THROTTLE:
        session->proxy->counters.throttled++;
        refuse(session, request, SMPP_RTHROTTLED);
        return true;
    }
    return false;
}

static bool
keeps_order(const struct request *request)
{
    return request->rule == REQUEST_ANY || request->rule == REQUEST_HASH;
}

/* What waits must not be overtaken; parts and ids have an order of their own. */
static void
admit(struct session *session, struct request *request)
{
    place_join(session->linkset, request);
    if (keeps_order(request) && session->held.first != NULL)
        hold(session, request);
    else if (within_rate(session, request) ? !dispatch(session, request)
                                           : !throttle(session, request))
        hold(session, request);
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
    if (pdu->length > session->listener->farm->max_pdu) {
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

void
upward_serve(struct session *session)
{
    struct request_list one = {NULL, 0};
    struct request *request;

    while (session->held.first != NULL) {
        request = request_list_shift(&session->held);
        if (within_rate(session, request) ? dispatch(session, request)
                                          : throttle(session, request))
            continue;
        request_list_append(&one, request);
        request_list_put_before(&session->held, &one);
        break;
    }
    session_update_reading(session);
    session_check_drained(session);
}

/* What waits for the link, as far as it takes it. */
static void
serve_link(struct session *session, struct link *link)
{
    while (link->waiting.first != NULL && link_takes_requests(link))
        send_up(session, link, take_waiting(session, link));
}

void
upward_on_room(struct session *session)
{
    struct linkset *linkset = session->linkset;
    size_t i;

    for (i = 0; i < linkset->places && session->waiting > 0; i++)
        if (linkset->links[i] != NULL)
            serve_link(session, linkset->links[i]);
    if (session->held.first != NULL)
        upward_serve(session);
}

/* Takes back what waits for the link; `list` gets it behind what it has. */
static void
detach_waiting(struct session *session, struct link *link, struct request_list *list)
{
    while (link->waiting.first != NULL)
        request_list_append(list, take_waiting(session, link));
}

/* What waits for a link that is not bound goes elsewhere, or is answered, once it has
 * been gone for too long: all of it, lest parts of one set go two ways. */
static uint64_t
expire_waiting(struct session *session, struct link *link)
{
    uint64_t now = loop_now_ms(session->proxy->loop), due = waits_until(session, link);
    struct request_list list = {NULL, 0};
    struct request *request;

    if (link->state == LINK_BOUND || link->waiting.first == NULL)
        return UINT64_MAX;
    if (due > now)
        return due;
    detach_waiting(session, link, &list);
    while (list.first != NULL) {
        request = request_list_shift(&list);
        if (!place_elsewhere(session->linkset, request, link->node))
            refuse(session, request, place_failure(request));
        else if (!dispatch(session, request))
            hold(session, request);
    }
    return now + session->listener->farm->queue_timeout_ms;
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
        refuse_busy(session, request_list_shift(&session->held));
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

    if (per_second == 0 || session->held.first == NULL || linkset->takers == 0)
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
            its = expire_waiting(session, linkset->links[i]);
            due = its < due ? its : due;
        }
    its = expire_held(session);
    due = its < due ? its : due;
    its = serve_by_rate(session);
    session_update_reading(session);
    return its < due ? its : due;
}

void
upward_refuse_held(struct session *session)
{
    struct linkset *linkset = session->linkset;
    size_t i;

    for (i = 0; i < linkset->places && session->waiting > 0; i++)
        while (linkset->links[i] != NULL && linkset->links[i]->waiting.first != NULL)
            refuse_busy(session, take_waiting(session, linkset->links[i]));
    while (session->held.first != NULL)
        refuse_busy(session, request_list_shift(&session->held));
    session_update_reading(session);
}

/* A pending has left its link's window. */
static void
left(struct session *session, struct link *link)
{
    session->in_flight--;
    if (link->waiting.first != NULL)
        serve_link(session, link);
    if (session->held.first != NULL)
        upward_serve(session);
    else if (session->state != SESSION_BOUND)
        session_check_drained(session);
    if (session->conn.paused || conn_is_full(&session->conn))
        session_update_reading(session);
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
    linkset_rest(session->linkset, link);
    if (request->rule != REQUEST_ANY || request->moves >= farm->redispatch_max)
        return false;
    other = linkset_pick_rested(session->linkset);
    if (other == NULL)
        return false;
    request->moves++;
    session->proxy->counters.retried++;
    send_up(session, other, request);
    return true;
}

void
upward_on_response(struct link *link, const struct pdu *pdu, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct session *session = session_of(proxy, pending->from);
    struct request *request = pending->request;
    uint32_t number = pending->their_number;

    node_counts_answered(&link->at->counts, pdu->status, proxy->loop->now_us - pending->sent_us);
    window_take(&link->window, pending, WINDOW_ANSWERED);
    if (session == NULL) {
        proxy->counters.late_responses++;
        request_free(slab_of(proxy), request);
        return;
    }
    if (place_goes_on(session->linkset, request, link->node, pdu->status)) {
        if (!dispatch(session, request))
            hold(session, request);
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
    struct session *session = session_of(proxy, pending->from);
    struct request *request = pending->request;

    link->at->counts.expired++;
    window_take(&link->window, pending, WINDOW_EXPIRED);
    if (session == NULL) {
        request_free(slab_of(proxy), request);
        return;
    }
    log_limited(LOG_LEVEL_WARNING, session_label(session),
                "request unanswered in time node=%s number=%u", link_node_name(link),
                request_number(request));
    refuse(session, request, request->accepted ? SMPP_ROK : SMPP_RSYSERR);
    left(session, link);
}

void
upward_give_up(struct session *session)
{
    struct linkset *linkset = session->linkset;
    struct window *window;
    uint32_t n, i;
    size_t node;

    for (node = 0; node < linkset->places; node++) {
        if (linkset->links[node] == NULL)
            continue;
        window = &linkset->links[node]->window;
        n = window_line_up(window);
        for (i = 0; i < n; i++) {
            refuse(session, window->places[i].request, SMPP_RSYSERR);
            window_take(window, &window->places[i], WINDOW_EXPIRED);
        }
        linkset->links[node]->at->counts.forgotten += n;
        session->in_flight -= n;
    }
}

/* May it go to another node? `written`: the lost one may have seen some of it. */
static bool
may_move(const struct conf_farm *farm, struct request *request, bool written)
{
    switch (farm->redispatch) {
    case CONF_REDISPATCH_ALL:
        break;
    case CONF_REDISPATCH_UNSENT:
        if (written)
            return false;
        break;
    case CONF_REDISPATCH_NONE:
        return false;
    }
    return request->moves++ < farm->redispatch_max;
}

/* Takes all pendings out of the window; those to be moved come into *moving,
 * the rest into *refused, the oldest first. */
static void
detach(struct link *link, struct pending *pendings, uint32_t n, struct request_list *moving,
       struct request_list *refused)
{
    struct counters *counters = &link->proxy->counters;
    struct request *request;
    bool written;
    uint32_t i;

    link->at->counts.lost += n;
    for (i = 0; i < n; i++) {
        request = pendings[i].request;
        /* What a link that ends in order has not written yet, it still does. */
        written = link->conn.state != CONN_CLOSED ||
                  pendings[i].queued < conn_written(&link->conn);
        window_take(&link->window, &pendings[i], WINDOW_FAILED_OVER);
        if (may_move(link->farm, request, written)) {
            request_list_append(moving, request);
            counters->moved++;
            counters->in_doubt += written;
            request->lost_at = written ? (uint16_t)link->node : REQUEST_NOT_LOST;
        } else {
            request_list_append(refused, request);
        }
    }
}

/* What may not be moved; of a lost node's own ids nobody else can say anything. */
static void
refuse_lost(struct session *session, struct request *request)
{
    if (request->rule == REQUEST_NODE)
        refuse(session, request, place_failure(request));
    else
        refuse_busy(session, request);
}

/*
 * All requests of a lost link belong to its linkset's session: what is moved
 * goes in front of what that session holds, in the old order, and from there to
 * where it may.
 */
void
upward_on_link_lost(struct link *link, struct pending *pendings, uint32_t n)
{
    struct request_list moving = {NULL, 0}, refused = {NULL, 0};
    struct linkset *linkset = link->owner;
    struct session *session = linkset->owner;

    detach(link, pendings, n, &moving, &refused);
    session->in_flight -= n;
    detach_waiting(session, link, &moving);
    request_list_put_before(&session->held, &moving);
    while (refused.first != NULL)
        refuse_lost(session, request_list_shift(&refused));
    upward_serve(session);
}

void
upward_on_node_lost(struct linkset *linkset, size_t node)
{
    struct session *session = linkset->owner;
    struct request_list moving = {NULL, 0};

    if (session->waiting == 0 || linkset->links[node] == NULL)
        return;
    detach_waiting(session, linkset->links[node], &moving);
    request_list_put_before(&session->held, &moving);
    upward_serve(session);
}
