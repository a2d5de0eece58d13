/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a deliver_sm: which receiver gets it, the window of each,
 * what waits, and what is sent again.
 */
#include "tools/sim_deliver.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 100000
#define AGAIN_US 1000000
#define FIXED_SIZE 64   /* header, fixed fields and the payload's TLV */

void
sim_queue_init(struct sim_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
    queue->count = 0;
}

static void
push(struct sim_queue *queue, struct sim_deliver *deliver)
{
    deliver->next = NULL;
    *queue->last = deliver;
    queue->last = &deliver->next;
    queue->count++;
}

static struct sim_deliver *
pop(struct sim_queue *queue)
{
    struct sim_deliver *deliver = queue->first;

    if (deliver == NULL)
        return NULL;
    queue->first = deliver->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return deliver;
}

void
sim_queue_clear(struct sim_queue *queue, struct slab *slab)
{
    struct sim_deliver *deliver;

    while ((deliver = pop(queue)) != NULL)
        slab_put(slab, deliver, deliver->cap);
}

static void
deliver_free(struct sim_deliver *deliver)
{
    slab_put(&deliver->account->node->sim->loop.slab, deliver, deliver->cap);
}

static void
drop(struct sim_deliver *deliver)
{
    sim_count(deliver->account->node,
              deliver->is_receipt ? SIM_RECEIPTS_DROPPED : SIM_MO_DROPPED);
    deliver_free(deliver);
}

struct sim_deliver *
sim_deliver_new(struct sim_account *account, bool is_receipt, const struct message_fields *fields)
{
    size_t room = FIXED_SIZE + strlen(fields->source) + strlen(fields->destination) +
                  fields->text_len + fields->optional_len;
    struct sim_deliver *deliver;
    size_t cap;

    deliver = slab_get(&account->node->sim->loop.slab, sizeof(*deliver) + room, &cap);
    if (deliver == NULL) {
        sim_count(account->node, is_receipt ? SIM_RECEIPTS_DROPPED : SIM_MO_DROPPED);
        return NULL;
    }
    deliver->account = account;
    deliver->cap = cap;
    deliver->is_receipt = is_receipt;
    deliver->length = (uint32_t)message_write(deliver->pdu, room, SMPP_DELIVER_SM, 0, fields);
    ensure(deliver->length > 0);
    return deliver;
}

static bool
can_send(const struct sim_session *session)
{
    return sim_session_receives(session) && session->conn.state == CONN_OPEN &&
           session->in_flight < session->node->options->mo_window &&
           !conn_is_full(&session->conn);
}

static void
send_now(struct sim_session *session, struct sim_deliver *deliver)
{
    deliver->number = sim_session_next_number(session);
    pdu_put_number(deliver->pdu, deliver->number);
    session->window[deliver->number & session->window_mask] = deliver;
    session->in_flight++;
    sim_count(session->node, deliver->is_receipt ? SIM_RECEIPTS_SENT : SIM_MO_SENT);
    sim_session_send(session, deliver->pdu, deliver->length);
}

void
sim_deliver_give(struct sim_deliver *deliver, struct sim_session *session)
{
    struct sim_account *account = deliver->account;
    struct sim_queue *queue = &account->queue;

    if (session == NULL || !sim_session_receives(session)) {
        session = account->receivers;
        if (session != NULL)
            account->receivers = session->rx_next;
    }
    if (session != NULL && session->queue.first == NULL && can_send(session)) {
        send_now(session, deliver);
        return;
    }
    if (session != NULL)
        queue = &session->queue;
    if (queue->count < QUEUE_MAX)
        push(queue, deliver);
    else
        drop(deliver);
}

void
sim_deliver_pump(struct sim_session *session)
{
    struct sim_deliver *deliver;

    while (can_send(session)) {
        deliver = pop(&session->queue);
        if (deliver == NULL)
            deliver = pop(&session->account->queue);
        if (deliver == NULL)
            break;
        send_now(session, deliver);
    }
}

static void
discard_again(struct sim_event *event)
{
    deliver_free(container_of(event, struct sim_deliver, again));
}

static void
on_again(struct sim_event *event)
{
    struct sim_deliver *deliver = container_of(event, struct sim_deliver, again);

    sim_count(deliver->account->node, SIM_SENT_AGAIN);
    sim_deliver_give(deliver, NULL);
}

static bool
is_temporary(uint32_t status)
{
    return status == SMPP_RX_T_APPN || status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL;
}

static void
refused(struct sim_deliver *deliver, uint32_t status)
{
    struct sim_node *node = deliver->account->node;

    sim_count(node, deliver->is_receipt ? SIM_RECEIPTS_REFUSED : SIM_MO_REFUSED);
    deliver->again.on_due = on_again;
    deliver->again.discard = discard_again;
    if (!is_temporary(status) || !sim_events_add(&node->sim->events, &deliver->again, AGAIN_US))
        deliver_free(deliver);
}

bool
sim_deliver_answered(struct sim_session *session, const struct pdu *pdu)
{
    struct sim_deliver **place, *deliver;

    if (session->window == NULL || !pdu_answers(pdu->command, SMPP_DELIVER_SM))
        return false;
    place = &session->window[pdu->number & session->window_mask];
    deliver = *place;
    if (deliver == NULL || deliver->number != pdu->number)
        return false;
    *place = NULL;
    session->in_flight--;
    if (pdu->status == SMPP_ROK && pdu->command != SMPP_GENERIC_NACK) {
        sim_count(session->node, deliver->is_receipt ? SIM_RECEIPTS_ANSWERED : SIM_MO_ANSWERED);
        deliver_free(deliver);
    } else {
        refused(deliver, pdu->status);
    }
    if (session->account != NULL)
        sim_deliver_pump(session);
    return true;
}

bool
sim_deliver_init_window(struct sim_session *session)
{
    uint32_t size = 16;

    /* Twice what is ever in flight, so that a free number is near. */
    while (size < 2 * session->node->options->mo_window)
        size *= 2;
    session->window = calloc(size, sizeof(struct sim_deliver *));
    session->window_mask = size - 1;
    return session->window != NULL;
}

void
sim_deliver_take_back(struct sim_session *session)
{
    uint32_t number = session->next_number, i;
    struct sim_deliver *deliver;

    if (session->window == NULL)
        return;
    for (i = 0; i <= session->window_mask; i++) {   /* the oldest first */
        deliver = session->window[++number & session->window_mask];
        if (deliver == NULL)
            continue;
        sim_count(session->node, SIM_TAKEN_BACK);
        sim_deliver_give(deliver, NULL);
    }
    while ((deliver = pop(&session->queue)) != NULL)
        sim_deliver_give(deliver, NULL);
    free(session->window);
    session->window = NULL;
    session->in_flight = 0;
}
