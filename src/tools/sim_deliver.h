/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_DELIVER_H
#define TOOLS_SIM_DELIVER_H

#include "smpp/message.h"
#include "tools/sim_session.h"

/* A deliver_sm of ours, kept until it is answered: queued for its account or
 * its session, in a session's window, or waiting to be sent again. */
struct sim_deliver {
    struct sim_deliver *next;   /* in a queue */
    struct sim_event again;
    struct sim_account *account;
    size_t cap;
    uint32_t number;            /* while in a window */
    uint32_t length;
    bool is_receipt;
    uint8_t pdu[];
};

/* NULL: out of memory, counted as dropped. */
struct sim_deliver *
sim_deliver_new(struct sim_account *account, bool is_receipt, const struct message_fields *fields);

/* Sends it, or keeps it until it can be sent: on `session` if that receives,
 * else on the account's next receiver in turn. Gives it away. */
void
sim_deliver_give(struct sim_deliver *deliver, struct sim_session *session);

/* Sends what the window has room for. */
void
sim_deliver_pump(struct sim_session *session);

/* Is it an answer to something in the window? Then it is dealt with. */
bool
sim_deliver_answered(struct sim_session *session, const struct pdu *pdu);

/* Room for what a receiver has not answered; false: out of memory. */
MUST_USE bool
sim_deliver_init_window(struct sim_session *session);

/* Hands all that the session holds to the account, which it has left. */
void
sim_deliver_take_back(struct sim_session *session);

void
sim_queue_init(struct sim_queue *queue);

void
sim_queue_clear(struct sim_queue *queue, struct slab *slab);

#endif
