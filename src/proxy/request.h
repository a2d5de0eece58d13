/* SPDX-License-Identifier: ISC */
#ifndef PROXY_REQUEST_H
#define PROXY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/slab.h"
#include "route/set.h"
#include "smpp/pdu.h"

/* Which link a request may take. */
enum request_rule {
    REQUEST_ANY,        /* the next by the balance rule */
    REQUEST_SET,        /* where its set goes */
    REQUEST_HASH,       /* where its hash goes */
    REQUEST_NODE,       /* its node's, for no other could answer */
    REQUEST_TOUR,       /* each node's in turn until one says yes */
    REQUEST_TOUR_ALL,   /* each node's in turn; one yes is enough */
};

/*
 * A request that is kept whole until it is answered, as its sender sent it:
 * waiting for a window, or open at a node and to be sent to another should that
 * one be lost. Either one request_list owns it or one pending, or `ahead` for a moment.
 */
struct request {
    struct request *prev;   /* utlist, in a request_list */
    struct request *next;
    struct handle from;     /* the session (upward) or link (downward) */
    uint64_t arrived_ms;
    size_t cap;             /* of the slab's block */
    uint32_t length;
    uint32_t moves;         /* how often its link was lost */
    enum request_rule rule;
    uint16_t lost_at;       /* the node that may have got it before its link was lost */
    uint16_t node;          /* REQUEST_NODE; on a tour the next to ask */
    uint16_t branch;        /* its session's, by index */
    uint8_t part;           /* its number in its set */
    uint8_t parts;          /* of its set; 0: no part of a long message */
    bool counted;           /* against the account's rate, or not subject to it */
    bool by_hash;           /* its set is placed by hash */
    bool accepted;          /* on a tour: some node has said yes */
    set_id set;             /* REQUEST_SET, else SET_NONE; referred to until it is freed */
    struct set_table *sets; /* that its set is in */
    uint64_t key;           /* of its set */
    uint64_t hash;          /* REQUEST_HASH, and where a set is placed by hash */
    uint8_t bytes[];
};

#define REQUEST_NOT_LOST UINT16_MAX

struct request_list {
    struct request *first;
    size_t bytes;           /* of memory, all of them */
};

/* A copy of the PDU; NULL: out of memory. */
MUST_USE struct request *
request_new(struct slab *slab, const struct pdu *pdu, struct handle from, uint64_t now_ms);

void
request_free(struct slab *slab, struct request *request);

static inline uint32_t
request_command(const struct request *request)
{
    return get_be32(request->bytes + 4);
}

static inline uint32_t
request_number(const struct request *request)
{
    return get_be32(request->bytes + 12);
}

void
request_list_append(struct request_list *list, struct request *request);

/* Moves all of `older` in front of what is in the list. */
void
request_list_put_before(struct request_list *list, struct request_list *older);

/* Takes the first; there must be one. The caller owns it. */
struct request *
request_list_shift(struct request_list *list);

/* Takes the last; there must be one. The caller owns it. */
struct request *
request_list_pop(struct request_list *list);

/* Puts one in front of what is in the list. */
void
request_list_prepend(struct request_list *list, struct request *request);

/* Takes one that is in the list. The caller owns it. */
void
request_list_take(struct request_list *list, struct request *request);

/* Frees all. */
void
request_list_clear(struct request_list *list, struct slab *slab);

#endif
