/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_SESSION_H
#define TOOLS_SIM_SESSION_H

#include "net/conn.h"
#include "smpp/pdu.h"
#include "tools/sim_node.h"

/* Names a session that may be gone by the time somebody asks for it. */
struct sim_ref {
    uint32_t index;
    uint32_t serial;
};

/* One connection of a client to a node. */
struct sim_session {
    struct conn conn;
    struct grave grave;
    struct sim_node *node;
    struct sim_ref ref;
    struct sim_session *prev, *next;        /* of the node */
    struct sim_session *rx_prev, *rx_next;  /* of the account's receivers */
    struct sim_account *account;            /* while bound */
    uint8_t state;                  /* enum smpp_in */
    bool closed;
    bool reset_mid;                 /* its next write is cut short by a reset */
    unsigned delayed;               /* requests that wait for their latency */
    uint64_t octets_left;           /* for a slow reader, this turn */
    uint32_t next_number;
    unsigned enquiries;             /* enquire_links of ours that are open */
    bool unbinding;                 /* our unbind is open */
    double mo_owed;                 /* part of a message, by rate and time */
    struct sim_deliver **window;    /* by number; NULL: free. Of receivers only */
    uint32_t window_mask;
    unsigned in_flight;             /* deliver_sm in the window */
    struct sim_queue queue;         /* wait for the window */
};

/* Takes a descriptor that was accepted. */
void
sim_session_open(struct sim_node *node, int fd);

/* Ends the connection at once; what it had not had answered goes to the account's others. */
void
sim_session_close(struct sim_session *session);

/* NULL: it is gone. */
struct sim_session *
sim_session_find(struct sim *sim, struct sim_ref ref);

/* Reads or not, as faults and the out buffer want it. */
void
sim_session_update_reading(struct sim_session *session);

/* Sends a copy of a PDU. */
void
sim_session_send(struct sim_session *session, const uint8_t *pdu, size_t n);

/* Answers with a header alone. */
void
sim_session_answer(struct sim_session *session, const struct pdu *pdu, uint32_t command,
                   uint32_t status);

/* The number for a request of ours that nothing in the window has. */
uint32_t
sim_session_next_number(struct sim_session *session);

/* Requests of ours. */
void
sim_session_enquire(struct sim_session *session);

void
sim_session_unbind(struct sim_session *session);

/* 0 transmitter, 1 receiver, 2 transceiver: for counts. */
static inline unsigned
sim_bound_index(uint8_t state)
{
    return state == SMPP_IN_TX ? 0 : state == SMPP_IN_RX ? 1 : 2;
}

static inline bool
sim_session_receives(const struct sim_session *session)
{
    return (session->state & SMPP_IN_RECEIVING) != 0 && !session->closed;
}

#endif
