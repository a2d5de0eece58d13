/* SPDX-License-Identifier: ISC */
#ifndef PROXY_PLACE_H
#define PROXY_PLACE_H

#include "proxy/linkset.h"
#include "proxy/request.h"
#include "smpp/message.h"
#include "smpp/msgid.h"

/* Where a client's request goes: what its PDU says of it, and which link that is. */

/* What its PDU says: views into it. */
struct reading {
    enum {
        READING_OTHER,
        READING_MESSAGE,
        READING_BROADCAST,          /* the source alone */
        READING_ID,                 /* about an earlier message */
    } kind;
    struct message message;
    struct octets id;               /* "" where it names none */
};

static inline void
place_read(const struct pdu *pdu, struct reading *reading)
{
    if (msgid_locate(pdu, &reading->id))
        reading->kind = READING_ID;
    else if (message_parse(pdu, &reading->message))
        reading->kind = READING_MESSAGE;
    else if (message_parse_broadcast(pdu, &reading->message.source))
        reading->kind = READING_BROADCAST;
    else
        reading->kind = READING_OTHER;
}

/*
 * A request made of a PDU, with its rule, to be given to place_join. An id that
 * carries a tag of ours goes without it. NULL: out of memory.
 */
MUST_USE struct request *
place_request(struct linkset *linkset, const struct pdu *pdu, const struct reading *reading,
              struct handle from);

/* Is it a part of a long message that has begun here? */
MUST_USE bool
place_has_begun(struct linkset *linkset, const struct message *message);

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

/* Must, after this answer, another node be asked, if there is one? Then the request is set
 * to it. */
MUST_USE bool
place_goes_on(struct request *request, size_t node, uint32_t status);

/* On a tour: is there another node here to be asked? */
MUST_USE bool
place_has_next(const struct linkset *linkset, const struct request *request);

static inline bool
place_is_tour(const struct request *request)
{
    return request->rule == REQUEST_TOUR || request->rule == REQUEST_TOUR_ALL;
}

#endif
