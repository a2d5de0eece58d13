/* SPDX-License-Identifier: ISC */
/*
 * What comes from nodes. A request is open in the session's window, or waits in
 * `held_down`; its link is known by handle, which names nothing once that
 * connection is lost: then there is nobody to answer.
 */
#include "proxy/downward.h"

#include <string.h>

#include "base/log.h"
#include "proxy/ids.h"
#include "proxy/tap.h"

static struct link *
link_of(const struct proxy *proxy, struct handle handle)
{
    return handle_object(&proxy->link_table, handle);
}

/* One of the node's requests has its response. */
static void
answered(struct link *link)
{
    ensure(link->deliveries > 0);
    link->deliveries--;
}

void
downward_refuse(struct proxy *proxy, struct handle from, uint32_t command, uint32_t number,
                const char *why)
{
    struct link *link = link_of(proxy, from);

    if (command == SMPP_ALERT_NOTIFICATION)
        return;     /* has no response */
    proxy->counters.turned_back++;
    if (link == NULL)
        return;
    answered(link);
    link_answer(link, command, command_find(command)->known ? SMPP_RX_T_APPN : SMPP_RSYSERR, number,
                why);
}

/* Opens it in the client's window. Returns its number; 0: there is no room. */
static uint32_t
open_down(struct session *session, const uint8_t *bytes, struct handle from)
{
    struct pending *pending = window_add(&session->window);

    if (pending == NULL)
        return 0;
    pending->command = get_be32(bytes + 4);
    pending->their_number = get_be32(bytes + 12);
    pending->from = from;
    pending->sent_us = session->proxy->loop->now_us;
    return pending->number;
}

/* Sends it to the client. False: it must wait. */
static bool
send_down(struct session *session, const uint8_t *bytes, uint32_t length, struct handle from)
{
    bool notifies = get_be32(bytes + 4) == SMPP_ALERT_NOTIFICATION;
    uint32_t number;
    uint8_t *room;

    if (session->state == SESSION_BINDING)
        return false;   /* the bind_resp comes first */
    number = notifies ? window_number(&session->window) : open_down(session, bytes, from);
    if (number == 0)
        return false;
    room = session_put(session, length);
    if (room == NULL)
        return true;    /* the session ends, and answers for its window */
    memcpy(room, bytes, length);
    pdu_put_number(room, number);
    if (tap_is_on(session->proxy))
        tap_to_client(session, room, link_of(session->proxy, from), get_be32(bytes + 12), NULL);
    session->deliveries += !notifies;
    session->proxy->counters.notifications_down += notifies;
    return true;
}

static bool
takes_deliveries(const struct session *session)
{
    return session->state == SESSION_BINDING || session->state == SESSION_BOUND ||
           session->state == SESSION_DRAINING;
}

const struct pdu *
downward_admit(struct link *link, uint8_t bound_state, const struct pdu *pdu, struct pdu *spare)
{
    bool notifies = pdu->command == SMPP_ALERT_NOTIFICATION;
    struct linkset *linkset = link->owner;
    struct proxy *proxy = link->proxy;

    if ((command_find(pdu->command)->down & bound_state) == 0) {
        proxy->counters.state_errors++;
        if (!notifies)
            link_answer(link, pdu->command, SMPP_RINVBNDSTS, pdu->number,
                        "the client's bind does not allow it");
        return NULL;
    }
    proxy->counters.requests_down += !notifies;
    link->at->counts.deliveries += !notifies;
    link->deliveries += !notifies;
    return ids_receipt(linkset->account->farm, pdu, (uint16_t)link->node, spare);
}

void
downward_deliver(struct session *session, const struct pdu *pdu, struct handle from)
{
    struct loop *loop = session->proxy->loop;
    struct request *request;

    if (session->held_down.first == NULL && send_down(session, pdu->bytes, pdu->length, from)) {
        if (conn_is_full(&session->conn) || session->links_paused)
            session_update_reading(session);
        return;
    }
    request = request_new(&loop->slab, pdu, from, loop_now_ms(loop));
    if (request == NULL) {
        downward_refuse(session->proxy, from, pdu->command, pdu->number, "memory is short");
    } else {
        if (tap_is_on(session->proxy))
            tap_delivery(session, request, link_of(session->proxy, from),
                         "held: the client takes no more now");
        request_list_append(&session->held_down, request);
    }
    session_update_reading(session);
}

void
downward_on_request(struct link *link, const struct pdu *pdu)
{
    struct linkset *linkset = link->owner;
    struct branch *branch = linkset->owner;
    struct session *session = branch->session;
    struct pdu spare;

    pdu = downward_admit(link, session->bound_state, pdu, &spare);
    if (pdu == NULL)
        return;
    if (takes_deliveries(session))
        downward_deliver(session, pdu, link->handle);
    else
        downward_refuse(link->proxy, link->handle, pdu->command, pdu->number,
                        "the session is about to end");
}

void
downward_serve(struct session *session)
{
    struct request *request;

    while ((request = session->held_down.first) != NULL) {
        if (link_of(session->proxy, request->from) != NULL &&
            !send_down(session, request->bytes, request->length, request->from))
            break;
        request_free(&session->proxy->loop->slab, request_list_shift(&session->held_down));
    }
    session_update_reading(session);
}

void
downward_response(struct session *session, const struct pdu *pdu, struct pending *pending)
{
    struct link *link = link_of(session->proxy, pending->from);
    uint32_t number = pending->their_number;

    window_take(&session->window, pending, WINDOW_ANSWERED);
    if (link != NULL)
        answered(link);
    if (link == NULL || !link_pass(link, pdu->bytes, pdu->length, number)) {
        session->proxy->counters.late_responses++;
    } else {
        session->proxy->counters.responses_down++;
        if (tap_is_on(session->proxy))
            tap_to_node(link, pdu->bytes, number, session->handle, pdu->number, NULL);
    }
    if (session->held_down.first != NULL)
        downward_serve(session);
}

uint64_t
downward_expire(struct session *session)
{
    uint64_t now = loop_now_ms(session->proxy->loop), due;
    uint64_t timeout = session->listener->response_timeout_ms;
    struct pending *pending, gone;
    bool has_room = false;

    due = now + timeout;
    while ((pending = window_oldest(&session->window)) != NULL) {
        due = pending->sent_us / 1000 + timeout;
        if (due > now)
            break;
        gone = *pending;
        window_take(&session->window, pending, WINDOW_EXPIRED);
        session->proxy->counters.expired_down++;
        downward_refuse(session->proxy, gone.from, gone.command, gone.their_number,
                        "the client did not answer in time");
        due = now + timeout;
        has_room = true;
    }
    if (has_room)
        downward_serve(session);
    return due;
}

void
downward_turn_back(struct session *session)
{
    struct window *window = &session->window;
    struct request *request;
    uint32_t n, i;

    n = window_line_up(window);
    for (i = 0; i < n; i++) {
        downward_refuse(session->proxy, window->places[i].from, window->places[i].command,
                        window->places[i].their_number, "the session is about to end");
        window_take(window, &window->places[i], WINDOW_FORGOTTEN);
    }
    while (session->held_down.first != NULL) {
        request = request_list_shift(&session->held_down);
        downward_refuse(session->proxy, request->from, request_command(request),
                        request_number(request), "the session is about to end");
        request_free(&session->proxy->loop->slab, request);
    }
}
