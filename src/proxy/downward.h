/* SPDX-License-Identifier: ISC */
#ifndef PROXY_DOWNWARD_H
#define PROXY_DOWNWARD_H

#include "proxy/session.h"

/*
 * The way of a node's request (deliver_sm, data_sm, alert_notification, what a
 * vendor has made up) to the client and of the client's response back.
 */

/* linkset_ops */
void
downward_on_request(struct link *link, const struct pdu *pdu);

/* Counts a node's request, with our tag on the id that it speaks of, if any. NULL: its
 * link's bind has no place for it, and it has been answered. `spare` and the octets are
 * valid until the next is asked about. */
const struct pdu *
downward_admit(struct link *link, uint8_t bound_state, const struct pdu *pdu, struct pdu *spare);

/* Sends it to the client, or holds it until there is room. */
void
downward_deliver(struct session *session, const struct pdu *pdu, struct handle from);

/* Answers the node: it is to keep its request. `why` as of link_answer. */
void
downward_refuse(struct proxy *proxy, struct handle from, uint32_t command, uint32_t number,
                const char *why);

/* The answer to a pending of session->window. */
void
downward_response(struct session *session, const struct pdu *pdu, struct pending *pending);

/* Sends what is held, as far as the client's window goes. */
void
downward_serve(struct session *session);

/* Answers the nodes for the client where it was silent for too long; returns
 * when it next will have been. */
uint64_t
downward_expire(struct session *session);

/* Answers all that is open or held: the nodes are to keep it. */
void
downward_turn_back(struct session *session);

#endif
