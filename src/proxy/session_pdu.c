/* SPDX-License-Identifier: ISC */
/*
 * What a client sends: cut into PDUs, checked against the state, and what is the
 * session's own affair: enquire_link, unbind, strays. Messages go on to upward.c,
 * responses to nodes to downward.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/tls.h"
#include "proxy/downward.h"
#include "proxy/session_inner.h"
#include "proxy/session_move.h"
#include "proxy/tap.h"
#include "proxy/upward.h"
#include "smpp/stray.h"

/* The stream is of no use any more, but what came before gets its responses. */
static void
leave_broken(struct session *session, enum session_end end)
{
    upward_admit_all(session);
    session->end = end;
    if (session->state != SESSION_BOUND && session->state != SESSION_DRAINING) {
        session_finish(session, end);
        return;
    }
    session_enter(session, SESSION_LEAVING);
    conn_pause(&session->conn);
    session_check_drained(session);
}

static void
on_unbind(struct session *session, const struct pdu *pdu)
{
    upward_admit_all(session);
    switch (session->state) {
    case SESSION_BOUND:
    case SESSION_DRAINING:
        session->unbind_number = pdu->number;
        session->end = SESSION_END_UNBIND;
        session_enter(session, SESSION_LEAVING);
        session_check_drained(session);
        break;
    case SESSION_UNBINDING:
        session_answer(session, SMPP_UNBIND, SMPP_ROK, pdu->number, NULL);
        session_finish(session, SESSION_END_UNBIND);
        break;
    case SESSION_OPEN:
    case SESSION_BINDING:
    case SESSION_LEAVING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        session_answer(session, SMPP_UNBIND, SMPP_RINVBNDSTS, pdu->number,
                       "it is not bound");
    }
}

/* A response of the client's: to a node's request, or to our own. */
static void
on_response(struct session *session, const struct pdu *pdu)
{
    struct pending *pending = window_find(&session->window, pdu->number);
    char spare[COMMAND_TEXT_SIZE];

    if (pending != NULL && pdu_answers(pdu->command, pending->command)) {
        session->active_at_ms = session_now_ms(session);
        downward_response(session, pdu, pending);
    } else if (session->own_number != 0 && pdu->number == session->own_number) {
        session->own_number = 0;
        if (session->state == SESSION_UNBINDING)
            session_finish(session, SESSION_END_UNBIND);
    } else {
        session->proxy->counters.unexpected_responses++;
        log_limited(LOG_LEVEL_NOTICE, session_label(session),
                    "response that nobody waits for command=%s number=%u",
                    command_name(pdu->command, spare), pdu->number);
    }
}

/* The status for a request that the state does not allow now; ESME_ROK: it does. */
static uint32_t
forbidden(const struct session *session, const struct pdu *pdu, const struct command *command)
{
    switch (session->state) {
    case SESSION_OPEN:
        if (!command->known)
            return SMPP_RINVCMDID;
        return (command->up & SMPP_IN_OPEN) != 0 ? SMPP_ROK : SMPP_RINVBNDSTS;
    case SESSION_BINDING:
    case SESSION_BOUND:
        if (command_bound_state(pdu->command) != 0)
            return SMPP_RALYBND;
        if (session->state == SESSION_BINDING)
            return SMPP_RINVBNDSTS;
        return (command->up & session->bound_state) != 0 ? SMPP_ROK : SMPP_RINVBNDSTS;
    case SESSION_DRAINING:
    case SESSION_UNBINDING:
        return session->home.farm->conf->busy_status;
    case SESSION_LEAVING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
    return SMPP_RINVBNDSTS;
}

static void
on_request(struct session *session, const struct pdu *pdu)
{
    const struct command *command = command_find(pdu->command);
    char spare_command[COMMAND_TEXT_SIZE], spare_status[STATUS_TEXT_SIZE];
    uint32_t status;

    if (pdu->command == SMPP_ENQUIRE_LINK) {
        session_answer(session, pdu->command, SMPP_ROK, pdu->number, NULL);
        return;
    }
    session->active_at_ms = session_now_ms(session);
    if (pdu->command == SMPP_UNBIND) {
        on_unbind(session, pdu);
        return;
    }
    status = forbidden(session, pdu, command);
    if (status != SMPP_ROK) {
        session->proxy->counters.state_errors++;
        log_limited(LOG_LEVEL_NOTICE, session_label(session),
                    "request not allowed command=%s state=%s status=%s",
                    command_name(pdu->command, spare_command), session_state_name(session->state),
                    status_name(status, spare_status));
        session_answer(session, status == SMPP_RINVCMDID ? SMPP_GENERIC_NACK : pdu->command,
                       status, pdu->number, "the session's state does not allow it");
    } else if (session->state == SESSION_OPEN) {
        session_on_bind(session, pdu);
    } else {
        upward_request(session, pdu);
    }
}

/* True: it is another protocol, and the session has ended. */
static bool
is_stray(struct session *session, const uint8_t *bytes, size_t n)
{
    const char *name = stray_name(bytes, n);

    if (name == NULL)
        return false;
    session->proxy->counters.strays++;
    snprintf(session->end_detail, sizeof(session->end_detail), "%s", name);
    session->end = SESSION_END_STRAY;
    session_enter(session, SESSION_CLOSED);
    return true;
}

static void
on_bad_length(struct session *session, const struct pdu *pdu)
{
    session->proxy->counters.bad_lengths++;
    snprintf(session->end_detail, sizeof(session->end_detail), "command_length=%u", pdu->length);
    session_answer(session, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, pdu->number,
                   "its command_length cannot be");
    leave_broken(session, SESSION_END_BAD_LENGTH);
}

static uint32_t
max_pdu(const struct session *session)
{
    bool bound = session->state != SESSION_OPEN && session->state != SESSION_BINDING;

    return bound ? session->listener->max_pdu : PDU_MAX_OPEN;
}

static size_t
on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct session *session = conn->owner;
    struct pdu pdu;
    size_t used = 0;

    if (session->state == SESSION_OPEN && is_stray(session, bytes, n))
        return n;
    while (conn->state == CONN_OPEN) {
        switch (pdu_frame(bytes + used, n - used, max_pdu(session), &pdu)) {
        case FRAME_PARTIAL:
            goto done;
        case FRAME_BAD_LENGTH:
            on_bad_length(session, &pdu);
            return n;
        case FRAME_WHOLE:
            if (session->state == SESSION_OPEN && session_moves(session, &pdu, n - used))
                return n;
            if (tap_is_on(session->proxy))
                tap_from_client(session, &pdu);
            used += pdu.length;
            session->bytes_in += pdu.length;
            if (pdu_is_response(&pdu))
                on_response(session, &pdu);
            else
                on_request(session, &pdu);
            break;
        }
    }
done:
    upward_admit_all(session);
    session_update_reading(session);
    return used;
}

/* TLS is there, or what was to come before the first PDU. */
static void
on_conn_open(struct conn *conn)
{
    char text[TLS_TEXT_SIZE];

    if (log_wants(LOG_LEVEL_DEBUG) && tls_text(conn, text)[0] != '\0')
        log_debug(session_label(conn->owner), "TLS %s", text);
}

static void
on_conn_room(struct conn *conn)
{
    struct session *session = conn->owner;

    session_update_reading(session);
    session_watch_by(session, session_now_ms(session));
}

static void
on_conn_end(struct conn *conn, enum conn_end end, int error)
{
    struct session *session = conn->owner;

    if (session->end == SESSION_END_NONE) {
        session->end = SESSION_END_CONN;
        if (session->listener->tls_server != NULL && !session->awaits_header &&
            (end == CONN_END_PROTOCOL || end == CONN_END_HANDSHAKE_CLOSED))
            session->proxy->counters.tls_failed++;
        snprintf(session->end_detail, sizeof(session->end_detail), "%s",
                 conn_end_words(end, error));
    }
    session_enter(session, SESSION_CLOSED);
}

const struct conn_ops session_conn_ops = {
    .on_open = on_conn_open,
    .on_bytes = on_conn_bytes,
    .on_room = on_conn_room,
    .on_end = on_conn_end,
};
