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

static struct link *
link_of(const struct session *session, struct handle handle)
{
    return handle_object(&session->proxy->link_table, handle);
}

static void
turn_back(struct session *session, struct handle from, uint32_t command, uint32_t number)
{
    struct link *link = link_of(session, from);

    if (command == SMPP_ALERT_NOTIFICATION)
        return;     /* has no response */
    session->proxy->counters.turned_back++;
    if (link != NULL)
        link_answer(link, command, command_find(command)->known ? SMPP_RX_T_APPN : SMPP_RSYSERR,
                    number);
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

void
downward_on_request(struct link *link, const struct pdu *pdu)
{
    const struct command *command = command_find(pdu->command);
    struct linkset *linkset = link->owner;
    struct session *session = linkset->owner;
    struct proxy *proxy = link->proxy;
    struct request *request;
    struct pdu spare;

    if ((command->down & session->bound_state) == 0) {
        proxy->counters.state_errors++;
        if (pdu->command != SMPP_ALERT_NOTIFICATION)
            link_answer(link, pdu->command, SMPP_RINVBNDSTS, pdu->number);
        return;
    }
    proxy->counters.requests_down += pdu->command != SMPP_ALERT_NOTIFICATION;
    link->at->counts.deliveries += pdu->command != SMPP_ALERT_NOTIFICATION;
    pdu = ids_receipt(linkset->account->farm, pdu, (uint16_t)link->node, &spare);
    if (!takes_deliveries(session)) {
        turn_back(session, link->handle, pdu->command, pdu->number);
        return;
    }
    if (session->held_down.first == NULL &&
        send_down(session, pdu->bytes, pdu->length, link->handle)) {
        session_update_reading(session);
        return;
    }
    request = request_new(&proxy->loop->slab, pdu, link->handle, loop_now_ms(proxy->loop));
    if (request == NULL)
        turn_back(session, link->handle, pdu->command, pdu->number);
    else
        request_list_append(&session->held_down, request);
    session_update_reading(session);
}

void
downward_serve(struct session *session)
{
    struct request *request;

    while ((request = session->held_down.first) != NULL) {
        if (link_of(session, request->from) != NULL &&
            !send_down(session, request->bytes, request->length, request->from))
            break;
        request_free(&session->proxy->loop->slab, request_list_shift(&session->held_down));
    }
    session_update_reading(session);
}

void
downward_response(struct session *session, const struct pdu *pdu, struct pending *pending)
{
    struct link *link = link_of(session, pending->from);
    uint32_t number = pending->their_number;

    window_take(&session->window, pending, WINDOW_ANSWERED);
    if (link == NULL || !link_pass(link, pdu->bytes, pdu->length, number))
        session->proxy->counters.late_responses++;
    else
        session->proxy->counters.responses_down++;
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
        turn_back(session, gone.from, gone.command, gone.their_number);
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
        turn_back(session, window->places[i].from, window->places[i].command,
                  window->places[i].their_number);
        window_take(window, &window->places[i], WINDOW_FORGOTTEN);
    }
    while (session->held_down.first != NULL) {
        request = request_list_shift(&session->held_down);
        turn_back(session, request->from, request_command(request), request_number(request));
        request_free(&session->proxy->loop->slab, request);
    }
}
