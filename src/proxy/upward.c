/* SPDX-License-Identifier: ISC */
/*
 * What comes from clients: placing, holding, answering, moving. A request is
 * owned by its session's `held` list or by a link's window, never by both; it
 * gets its one response from the node, or from here.
 */
#include "proxy/upward.h"

#include <string.h>

#include "base/log.h"

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

void
upward_request(struct session *session, const struct pdu *pdu)
{
    struct proxy *proxy = session->proxy;
    struct request *request;
    struct link *link;

    proxy->counters.requests_up++;
    session->requests++;
    if (pdu->length > session->listener->farm->max_pdu) {
        session_answer(session, pdu->command, SMPP_RINVMSGLEN, pdu->number);
        return;
    }
    request = request_new(slab_of(proxy), pdu, session->handle, loop_now_ms(proxy->loop));
    if (request == NULL) {
        proxy->counters.answered_busy++;
        session_answer(session, pdu->command, session->listener->farm->busy_status, pdu->number);
        return;
    }
    link = session->held.first == NULL ? linkset_pick(session->linkset) : NULL;
    if (link == NULL)
        hold(session, request);
    else if (link_send(link, request))
        session->in_flight++;
    else
        refuse_busy(session, request);
}

void
upward_serve(struct session *session)
{
    struct request *request;
    struct link *link;

    while (session->held.first != NULL && (link = linkset_pick(session->linkset)) != NULL) {
        request = request_list_shift(&session->held);
        if (link_send(link, request))
            session->in_flight++;
        else
            refuse_busy(session, request);
    }
    session_update_reading(session);
    session_check_drained(session);
}

uint64_t
upward_expire_held(struct session *session)
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
    session_update_reading(session);
    return due;
}

void
upward_refuse_held(struct session *session)
{
    while (session->held.first != NULL)
        refuse_busy(session, request_list_shift(&session->held));
    session_update_reading(session);
}

/* A pending has left its link's window. */
static void
left(struct session *session)
{
    session->in_flight--;
    if (session->held.first != NULL)
        upward_serve(session);
    else if (session->state != SESSION_BOUND)
        session_check_drained(session);
    if (conn_is_full(&session->conn))
        session_update_reading(session);
}

void
upward_on_response(struct link *link, const struct pdu *pdu, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct session *session = session_of(proxy, pending->from);
    uint32_t number = pending->their_number;
    uint8_t *room;

    request_free(slab_of(proxy), pending->request);
    window_take(&link->window, pending, WINDOW_ANSWERED);
    if (session == NULL) {
        proxy->counters.late_responses++;
        return;
    }
    proxy->counters.responses_up++;
    session->responses++;
    room = session_put(session, pdu->length);
    if (room != NULL) {
        memcpy(room, pdu->bytes, pdu->length);
        pdu_put_number(room, number);
    }
    left(session);
}

void
upward_on_expired(struct link *link, struct pending *pending)
{
    struct proxy *proxy = link->proxy;
    struct session *session = session_of(proxy, pending->from);
    struct request *request = pending->request;

    window_take(&link->window, pending, WINDOW_EXPIRED);
    if (session == NULL) {
        request_free(slab_of(proxy), request);
        return;
    }
    log_limited(LOG_LEVEL_WARNING, session_label(session),
                "request unanswered in time node=%s number=%u", link_node_name(link),
                request_number(request));
    refuse(session, request, SMPP_RSYSERR);
    left(session);
}

void
upward_give_up(struct session *session)
{
    struct linkset *linkset = session->linkset;
    struct window *window;
    uint32_t n, i;
    size_t node;

    for (node = 0; node < linkset->farm->node_count; node++) {
        if (linkset->links[node] == NULL)
            continue;
        window = &linkset->links[node]->window;
        n = window_line_up(window);
        for (i = 0; i < n; i++) {
            refuse(session, window->places[i].request, SMPP_RSYSERR);
            window_take(window, &window->places[i], WINDOW_EXPIRED);
        }
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

    for (i = 0; i < n; i++) {
        request = pendings[i].request;
        /* What a link that ends in order has not written yet, it still does. */
        written = link->conn.state == CONN_FINISHING ||
                  pendings[i].queued < conn_written(&link->conn);
        window_take(&link->window, &pendings[i], WINDOW_FAILED_OVER);
        if (may_move(link->farm, request, written)) {
            request_list_append(moving, request);
            counters->moved++;
            counters->in_doubt += written;
        } else {
            request_list_append(refused, request);
        }
    }
}

/*
 * All requests of a lost link belong to its linkset's session: what is moved
 * goes in front of what that session holds, in the old order.
 */
void
upward_on_link_lost(struct link *link, struct pending *pendings, uint32_t n)
{
    struct request_list moving = {NULL, 0}, refused = {NULL, 0};
    struct linkset *linkset = link->owner;
    struct session *session = linkset->owner;

    detach(link, pendings, n, &moving, &refused);
    session->in_flight -= n;
    request_list_put_before(&session->held, &moving);
    while (refused.first != NULL)
        refuse_busy(session, request_list_shift(&refused));
    upward_serve(session);
}
