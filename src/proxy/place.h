/* SPDX-License-Identifier: ISC */
#ifndef PROXY_PLACE_H
#define PROXY_PLACE_H

#include "proxy/linkset.h"
#include "proxy/request.h"

/* Where a client's request goes: what its PDU says of it, and which link that is. */

/*
 * A request made of a PDU, with its rule, to be given to place_join. An id that
 * carries a tag of ours goes without it. NULL: out of memory.
 */
MUST_USE struct request *
place_request(struct linkset *linkset, const struct pdu *pdu, struct handle from);

/* A part of a long message joins its set; parts do so in the order in which they came. */
void
place_join(struct linkset *linkset, struct request *request);

enum place {
    PLACE_LINK,         /* *link is the one; it may have no room yet */
    PLACE_HOLD,         /* none can be named now */
    PLACE_FAIL,         /* none ever: answer with place_failure */
};

/* Names the link for a request. A set is given a node by this. */
enum place
place_find(struct linkset *linkset, struct request *request, struct link **link);

/* The status for a request that no node is left for. */
uint32_t
place_failure(const struct request *request);

/* The request has waited too long for a link to `node` that doesn't come back: may
 * another take it? False: none can. */
MUST_USE bool
place_elsewhere(struct linkset *linkset, struct request *request, size_t node);

/* Must, after this answer, another node be asked? Then the request is set to it. */
MUST_USE bool
place_goes_on(struct linkset *linkset, struct request *request, size_t node, uint32_t status);

#endif
