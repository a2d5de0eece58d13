/* SPDX-License-Identifier: ISC */
/*
 * A session: its connection, framing, bind state and housekeeping. Messages are
 * handed to sim_submit (from the client) and sim_deliver (answers to ours).
 */
#include "tools/sim_session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "tools/sim_binds.h"
#include "tools/sim_deliver.h"
#include "tools/sim_submit.h"
#include "tools/sim_transport.h"

#define LINGER_MS 2000

/* A free place in the table of sessions; false: out of memory. */
static bool
enrol(struct sim *sim, struct sim_session *session)
{
    uint32_t i = sim->free_hint, cap;
    struct sim_session **table;

    while (i < sim->session_cap && sim->sessions[i] != NULL)
        i++;
    if (i == sim->session_cap) {
        cap = sim->session_cap == 0 ? 64 : 2 * sim->session_cap;
        table = reallocarray(sim->sessions, cap, sizeof(struct sim_session *));
        if (table == NULL)
            return false;
        memset(table + i, 0, (cap - i) * sizeof(struct sim_session *));
        sim->sessions = table;
        sim->session_cap = cap;
    }
    sim->sessions[i] = session;
    sim->free_hint = i + 1;
    session->ref = (struct sim_ref){i, ++sim->next_serial};
    return true;
}

struct sim_session *
sim_session_find(struct sim *sim, struct sim_ref ref)
{
    struct sim_session *session = ref.index < sim->session_cap ? sim->sessions[ref.index] : NULL;

    return session != NULL && session->ref.serial == ref.serial ? session : NULL;
}

static void
bury(struct grave *grave)
{
    struct sim_session *session = container_of(grave, struct sim_session, grave);

    free(session->window);
    free(session);
}

void
sim_session_close(struct sim_session *session)
{
    struct sim_node *node = session->node;
    struct sim *sim = node->sim;

    if (session->closed)
        return;
    session->closed = true;
    conn_close(&session->conn);
    sim_binds_leave(session);
    DL_DELETE(node->sessions, session);
    node->session_count--;
    sim->sessions[session->ref.index] = NULL;
    if (session->ref.index < sim->free_hint)
        sim->free_hint = session->ref.index;
    loop_bury(&sim->loop, &session->grave, bury);
}

void
sim_session_update_reading(struct sim_session *session)
{
    const struct sim_faults *faults = &session->node->faults;
    bool pause = faults->stop_reading || conn_is_full(&session->conn) ||
                 (faults->slow_octets > 0 && session->octets_left == 0);

    if (session->closed || session->conn.paused == pause)
        return;
    if (pause)
        conn_pause(&session->conn);
    else
        conn_resume(&session->conn);
}

void
sim_session_send(struct sim_session *session, const uint8_t *pdu, size_t n)
{
    uint8_t *room = conn_put(&session->conn, n);

    if (room != NULL)
        memcpy(room, pdu, n);
    else if (session->conn.state == CONN_OPEN)
        sim_session_close(session);
}

void
sim_session_answer(struct sim_session *session, const struct pdu *pdu, uint32_t command,
                   uint32_t status)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, PDU_HEADER, command, status, pdu->number);
    sim_session_send(session, header, sizeof(header));
}

uint32_t
sim_session_next_number(struct sim_session *session)
{
    do
        session->next_number = session->next_number % SMPP_NUMBER_MAX + 1;
    while (session->window != NULL &&
           session->window[session->next_number & session->window_mask] != NULL);
    return session->next_number;
}

static void
send_request(struct sim_session *session, uint32_t command)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, PDU_HEADER, command, SMPP_ROK, sim_session_next_number(session));
    sim_session_send(session, header, sizeof(header));
}

void
sim_session_enquire(struct sim_session *session)
{
    session->enquiries++;
    sim_count(session->node, SIM_ENQUIRE_LINKS_SENT);
    send_request(session, SMPP_ENQUIRE_LINK);
}

void
sim_session_unbind(struct sim_session *session)
{
    if (session->unbinding || session->state == SMPP_IN_OPEN)
        return;
    session->unbinding = true;
    sim_count(session->node, SIM_UNBINDS_SENT);
    send_request(session, SMPP_UNBIND);
}

static void
on_unbind(struct sim_session *session, const struct pdu *pdu)
{
    sim_count(session->node, SIM_UNBINDS);
    sim_session_answer(session, pdu, SMPP_UNBIND | SMPP_RESPONSE, SMPP_ROK);
    sim_binds_leave(session);
    if (!session->closed)
        conn_finish(&session->conn, LINGER_MS);
}

static void
on_unknown(struct sim_session *session, const struct pdu *pdu)
{
    if (!session->node->options->echo) {
        sim_count(session->node, SIM_UNEXPECTED);
        sim_session_answer(session, pdu, SMPP_GENERIC_NACK, SMPP_RINVCMDID);
        return;
    }
    sim_count(session->node, SIM_ECHOED);
    sim_submit(session, pdu);
}

static void
on_enquire_link(struct sim_session *session, const struct pdu *pdu)
{
    sim_count(session->node, SIM_ENQUIRE_LINKS);
    if (session->node->faults.silent_enquire)
        sim_count(session->node, SIM_UNANSWERED);
    else
        sim_session_answer(session, pdu, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, SMPP_ROK);
}

static void
on_wrong_state(struct sim_session *session, const struct pdu *pdu, const struct command *row)
{
    uint32_t status = SMPP_RINVBNDSTS;

    sim_count(session->node, SIM_UNEXPECTED);
    if (row->up == SMPP_IN_OPEN)
        status = SMPP_RALYBND;  /* only binds */
    sim_session_answer(session, pdu,
                       row->known ? pdu->command | SMPP_RESPONSE : SMPP_GENERIC_NACK, status);
}

static void
on_request(struct sim_session *session, const struct pdu *pdu)
{
    const struct command *row = command_find(pdu->command);

    if (session->node->faults.hang) {
        sim_count(session->node, SIM_UNANSWERED);
        return;
    }
    if ((row->up & session->state) == 0) {
        on_wrong_state(session, pdu, row);
        return;
    }
    switch (pdu->command) {
    case SMPP_SUBMIT_SM:
    case SMPP_SUBMIT_MULTI:
    case SMPP_DATA_SM:
    case SMPP_QUERY_SM:
    case SMPP_CANCEL_SM:
    case SMPP_REPLACE_SM:
        sim_submit(session, pdu);
        break;
    case SMPP_ENQUIRE_LINK:
        on_enquire_link(session, pdu);
        break;
    case SMPP_UNBIND:
        on_unbind(session, pdu);
        break;
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        sim_binds_enter(session, pdu);
        break;
    default:
        on_unknown(session, pdu);
    }
}

static void
on_response(struct sim_session *session, const struct pdu *pdu)
{
    struct sim_node *node = session->node;

    if (sim_deliver_answered(session, pdu))
        return;
    if (pdu->command == (SMPP_ENQUIRE_LINK | SMPP_RESPONSE) && session->enquiries > 0) {
        session->enquiries--;
        sim_count(node, SIM_ENQUIRE_LINKS_ANSWERED);
    } else if (pdu->command == (SMPP_UNBIND | SMPP_RESPONSE) && session->unbinding) {
        sim_count(node, SIM_UNBINDS_ANSWERED);
        sim_binds_leave(session);
        conn_finish(&session->conn, LINGER_MS);
    } else {
        sim_count(node, SIM_UNEXPECTED);
    }
}

static void
on_bad_length(struct sim_session *session, const struct pdu *pdu)
{
    sim_count(session->node, SIM_BAD_LENGTHS);
    sim_session_answer(session, pdu, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN);
    sim_binds_leave(session);
    if (!session->closed)
        conn_finish(&session->conn, LINGER_MS);
}

static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct sim_session *session = conn->owner;
    size_t at = 0;
    struct pdu pdu;

    while (conn->state == CONN_OPEN) {
        enum frame frame = pdu_frame(bytes + at, n - at, PDU_MAX, &pdu);

        if (frame == FRAME_BAD_LENGTH)
            on_bad_length(session, &pdu);
        if (frame != FRAME_WHOLE)
            break;
        if (pdu_is_response(&pdu))
            on_response(session, &pdu);
        else
            on_request(session, &pdu);
        at += pdu.length;
    }
    sim_session_update_reading(session);
    return at;
}

static void
on_room(struct conn *conn)
{
    struct sim_session *session = conn->owner;

    sim_session_update_reading(session);
    sim_deliver_pump(session);
}

static void
on_open(struct conn *conn)
{
    (void)conn;
}

static void
on_end(struct conn *conn, enum conn_end how, int error)
{
    (void)how;
    (void)error;
    sim_session_close(conn->owner);
}

static const struct conn_ops ops = {on_open, on_bytes, on_room, on_end};

void
sim_session_open(struct sim_node *node, int fd)
{
    struct sim_session *session = calloc(1, sizeof(*session));

    sim_count(node, SIM_CONNECTIONS);
    if (session == NULL || !enrol(node->sim, session)) {
        free(session);
        close(fd);
        return;
    }
    session->node = node;
    session->state = SMPP_IN_OPEN;
    sim_queue_init(&session->queue);
    conn_init(&session->conn, &node->sim->loop, &ops, session);
    sim_transport_set(session);
    DL_APPEND(node->sessions, session);
    node->session_count++;
    conn_accept(&session->conn, fd);
    session->octets_left = sim_transport_turn_octets(node);
    sim_session_update_reading(session);
}
