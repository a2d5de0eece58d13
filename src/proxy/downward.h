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
