/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_SET_H
#define ROUTE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "base/hash.h"
#include "base/slab.h"
#include "base/table.h"
#include "smpp/concat.h"

/*
 * The sets of parts of long messages that are under way, and the node that each
 * has been given: the others follow the first part. A set is forgotten some
 * time after its last part came, sooner once every part was accepted. The table
 * is bounded: when it is full the oldest set goes.
 */

#define SET_NO_NODE UINT16_MAX

struct set {
    UT_hash_handle hh;
    struct set_table *table;
    struct set *prev;           /* utlist, in one of the table's lists */
    struct set *next;
    struct hash128 key;         /* of account, addresses, kind, reference and total */
    uint64_t expires_ms;
    uint32_t open;              /* requests that refer to it */
    uint16_t node;              /* the farm's index of it, or SET_NO_NODE */
    uint8_t total;
    uint8_t accepted_count;
    bool finished;              /* every part was accepted */
    bool forgotten;             /* out of the table; freed when nothing refers to it */
    uint8_t accepted[32];       /* a bit for each part number */
};

struct set_table {
    struct slab *slab;
    size_t cap;                 /* of a set's block */
    struct set *by_key;         /* hash */
    struct set *live;           /* in order of expiry */
    struct set *finished;       /* in order of expiry */
    uint32_t count;
    uint32_t max;
    uint64_t ttl_ms;
    uint64_t linger_ms;
    uint64_t seed;              /* so that nobody can choose what collides */
    uint64_t begun;             /* ever */
    uint64_t expired;
    uint64_t evicted;
};

void
set_table_init(struct set_table *table, struct slab *slab, uint32_t max, uint64_t ttl_ms,
               uint64_t linger_ms);

/* Nothing may refer to a set any more. */
void
set_table_fini(struct set_table *table);

/*
 * The set that a part belongs to, begun (with SET_NO_NODE) if it is new, its
 * time begun anew. `account` is a number that stands for the account. The caller
 * refers to it until set_leave. NULL: out of memory.
 */
MUST_USE struct set *
set_join(struct set_table *table, uint64_t account, const struct message *message,
         const struct concat *concat, uint64_t now_ms);

/* What a set is hashed by where several machines are to agree on its node. */
uint64_t
set_hash(uint64_t account, const struct message *message, const struct concat *concat);

/* The node has accepted this part. */
void
set_accept(struct set *set, uint8_t part, uint64_t now_ms);

/* The caller refers to it no more. */
void
set_leave(struct set *set);

/* Forgets what is over. Returns when the next will be, UINT64_MAX: none is left. */
uint64_t
set_expire(struct set_table *table, uint64_t now_ms);

#endif
