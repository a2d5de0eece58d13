/* SPDX-License-Identifier: ISC */
#ifndef PROXY_UPWARD_H
#define PROXY_UPWARD_H

#include "proxy/session.h"

/*
 * The way of a client's request to a node and of the node's response back. The
 * request is copied once into the link's out buffer, with the number that is
 * ours there, and once into a request that is kept until the response has come.
 */

/* A request that the session's state allows and that isn't its own affair. Some of a
 * batch wait for upward_admit_all before they go anywhere. */
void
upward_request(struct session *session, const struct pdu *pdu);

/* Sends what upward_request has kept; due behind each batch, and before anything is
 * decided by what is open. */
void
upward_admit_all(struct session *session);

/* Sends what the branch holds, as far as there are links that take it. */
void
upward_serve(struct branch *branch);

/* Sends what waits for one link or for any, as far as there is room now. */
void
upward_on_room(struct linkset *linkset);

/* The branch has no link that takes messages any more. */
void
upward_on_starved(struct branch *branch);

/* Answers held requests that have waited for a node for too long; returns when
 * the next one will have, UINT64_MAX: none waits for a node. */
uint64_t
upward_expire_held(struct session *session);

/* Answers all that is held with busy-status. */
void
upward_refuse_held(struct session *session);

/* Frees all that is held, for a session that ends. */
void
upward_forget_held(struct session *session);

/* Answers all that is open on links: nobody knows what became of it. */
void
upward_give_up(struct session *session);

/* linkset_ops */
void
upward_on_response(struct link *link, const struct pdu *pdu, struct pending *pending);

void
upward_on_expired(struct link *link, struct pending *pending);

void
upward_on_link_lost(struct link *link, struct pending *pendings, uint32_t n);

void
upward_on_node_lost(struct linkset *linkset, size_t node);

#endif
