/* SPDX-License-Identifier: ISC */
#include "tools/sim_submit.h"

#include <string.h>

#include "smpp/message.h"
#include "tools/sim_query.h"
#include "tools/sim_receipts.h"

/* A request that waits for its latency. */
struct delayed {
    struct sim_event event;
    struct sim *sim;
    struct sim_node *node;
    struct sim_ref ref;
    size_t cap;
    struct pdu pdu;     /* of `bytes` */
    uint8_t bytes[];
};

/* submit_multi_resp has no_unsuccess behind the id, §4.5.2. */
static void
answer_id(struct sim_session *session, const struct pdu *pdu, const char *id, size_t len)
{
    size_t n = PDU_HEADER + len + 1 + (pdu->command == SMPP_SUBMIT_MULTI ? 1 : 0);
    uint8_t room[PDU_HEADER + SIM_ID_SIZE + 1];

    pdu_put_header(room, (uint32_t)n, pdu->command | SMPP_RESPONSE, SMPP_ROK, pdu->number);
    memcpy(room + PDU_HEADER, id, len + 1);
    room[n - 1] = 0;
    sim_session_send(session, room, n);
}

static void
refuse(struct sim_session *session, const struct pdu *pdu, uint32_t status)
{
    sim_count_refusal(session->node, status);
    sim_session_answer(session, pdu, pdu->command | SMPP_RESPONSE, status);
}

static void
on_message(struct sim_session *session, const struct pdu *pdu)
{
    struct sim_node *node = session->node;
    uint32_t status = sim_node_chance(node);
    struct sim_record *record;
    struct message message;
    char id[SIM_ID_SIZE];
    size_t len;

    if (!message_parse(pdu, &message))
        status = SMPP_RINVMSGLEN;
    if (status != SMPP_ROK) {
        refuse(session, pdu, status);
        return;
    }
    len = sim_ids_next(&node->ids, &message,
                       node->sim->loop.now_us + node->options->receipt_delay_us, id, &record);
    sim_count(node, SIM_TAKEN);
    if (node->sim->log.fd != -1)
        sim_log_message(&node->sim->log, session, id, pdu->number, &message);
    answer_id(session, pdu, id, len);
    if (!session->closed && sim_receipts_wanted(node, &message))
        sim_receipts_order(session, record, id, &message);
}

static void
echo(struct sim_session *session, const struct pdu *pdu)
{
    uint8_t *room = conn_put(&session->conn, pdu->length);

    if (room == NULL) {
        sim_session_close(session);
        return;
    }
    memcpy(room, pdu->bytes, pdu->length);
    pdu_put_header(room, pdu->length, pdu->command | SMPP_RESPONSE, SMPP_ROK, pdu->number);
}

static void
answer(struct sim_session *session, const struct pdu *pdu)
{
    const struct sim_faults *faults = &session->node->faults;

    if (faults->hang || faults->hang_responses) {
        sim_count(session->node, SIM_UNANSWERED);
        return;
    }
    switch (pdu->command) {
    case SMPP_SUBMIT_SM:
    case SMPP_SUBMIT_MULTI:
    case SMPP_DATA_SM:
        on_message(session, pdu);
        break;
    case SMPP_QUERY_SM:
        sim_query(session, pdu);
        break;
    case SMPP_CANCEL_SM:
        sim_cancel(session, pdu);
        break;
    case SMPP_REPLACE_SM:
        sim_replace(session, pdu);
        break;
    default:
        echo(session, pdu);
    }
}

static void
discard_delayed(struct sim_event *event)
{
    struct delayed *delayed = container_of(event, struct delayed, event);

    slab_put(&delayed->sim->loop.slab, delayed, delayed->cap);
}

static void
on_due(struct sim_event *event)
{
    struct delayed *delayed = container_of(event, struct delayed, event);
    struct sim_session *session = sim_session_find(delayed->sim, delayed->ref);

    if (session != NULL && session->account != NULL) {
        session->delayed--;
        answer(session, &delayed->pdu);
        sim_session_update_reading(session);
    } else {
        sim_count(delayed->node, SIM_LOST);
    }
    discard_delayed(event);
}

static void
delay(struct sim_session *session, const struct pdu *pdu)
{
    struct sim *sim = session->node->sim;
    struct delayed *delayed;
    size_t cap;

    delayed = slab_get(&sim->loop.slab, sizeof(*delayed) + pdu->length, &cap);
    if (delayed == NULL) {
        refuse(session, pdu, SMPP_RSYSERR);
        return;
    }
    memcpy(delayed->bytes, pdu->bytes, pdu->length);
    delayed->event = (struct sim_event){.on_due = on_due, .discard = discard_delayed};
    delayed->sim = sim;
    delayed->node = session->node;
    delayed->ref = session->ref;
    delayed->cap = cap;
    delayed->pdu = *pdu;
    delayed->pdu.bytes = delayed->bytes;
    session->delayed++;
    if (sim_events_add(&sim->events, &delayed->event, sim_node_latency_us(session->node)))
        return;
    session->delayed--;
    slab_put(&sim->loop.slab, delayed, cap);
    refuse(session, pdu, SMPP_RSYSERR);
}

void
sim_submit(struct sim_session *session, const struct pdu *pdu)
{
    const struct sim_node *node = session->node;

    if (node->options->window > 0 && session->delayed >= node->options->window)
        refuse(session, pdu, SMPP_RTHROTTLED);
    else if (node->latency.us > 0)
        delay(session, pdu);
    else
        answer(session, pdu);
}
