/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_SET_H
#define ROUTE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "base/hash.h"
#include "smpp/concat.h"

/*
 * The sets of parts of long messages that are under way, and the node that each
 * has been given: the others follow the first part. A set is forgotten some
 * time after its last part came, sooner once every part was accepted. The table
 * is bounded: when it is full the oldest set goes.
 */

#define SET_NO_NODE UINT16_MAX

/* A set's place in its table; it stays the same while something refers to the set. */
typedef uint32_t set_id;
#define SET_NONE ((set_id)0)

struct set;

struct set_list {
    set_id first;
    set_id last;
};

#define SET_MEMO_MAX 64

/* The parts of a message mostly come one behind the other: then they need no hash. */
struct set_memo {
    uint64_t seed;
    uint64_t key;
    uint32_t len;               /* 0: none */
    uint8_t addresses[SET_MEMO_MAX];
};

struct set_table {
    struct set *sets;           /* [0] is none; NULL until the first set */
    set_id *buckets;
    uint32_t mask;              /* of buckets: their count less one */
    uint32_t max;
    uint32_t count;             /* sets that are remembered */
    uint32_t fresh;             /* from here on, no place was ever used */
    set_id free;
    set_id warm;                /* the next to be forgotten, fetched by now */
    set_id recent;              /* the last that was joined, if it is remembered */
    struct set_list live;       /* in order of expiry */
    struct set_list finished;   /* in order of expiry */
    uint64_t ttl_ms;
    uint64_t linger_ms;
    uint64_t looked_ms;         /* when it was last seen to what is over */
    uint64_t seed;              /* so that nobody can choose what collides */
    uint64_t fetched;           /* the key that set_fetch was asked for last */
    struct set_memo memo;       /* what set_key was asked for last */
    uint64_t begun;             /* ever */
    uint64_t expired;
    uint64_t evicted;
};

void
set_table_init(struct set_table *table, uint32_t max, uint64_t ttl_ms, uint64_t linger_ms);

/* Nothing may refer to a set any more. */
void
set_table_fini(struct set_table *table);

/* Names the set that a part belongs to: a hash; should two ever have the same, they
 * go to one node. `account` is a number that stands for the account. What set_join
 * will look at is fetched meanwhile. */
uint64_t
set_key(struct set_table *table, uint64_t account, const struct message *message,
        const struct concat *concat);

/* Fetches the set itself, where set_key has brought what tells its place. */
void
set_fetch(struct set_table *table, uint64_t key);

/*
 * The set of that key, begun (with SET_NO_NODE) if it is new, its time begun anew.
 * The caller refers to it until set_leave. SET_NONE: out of memory, or requests
 * refer to all.
 */
MUST_USE set_id
set_join(struct set_table *table, uint64_t key, uint8_t total, uint64_t now_ms);

/* Is the set of that key under way: begun, and neither complete nor over? */
MUST_USE bool
set_is_under_way(const struct set_table *table, uint64_t key, uint64_t now_ms);

/* What a set is hashed by where several machines are to agree on its node. */
uint64_t
set_hash(uint64_t account, const struct message *message, const struct concat *concat);

/* The farm's index of the node that a set goes to, or SET_NO_NODE. */
uint16_t
set_node(const struct set_table *table, set_id id);

void
set_put_node(struct set_table *table, set_id id, uint16_t node);

/* What the account's rate has made of the set: nothing yet, the number of the part that it
 * has refused first, or SET_PASSED. */
#define SET_PASSED UINT16_MAX

uint16_t
set_rated(const struct set_table *table, set_id id);

void
set_put_rated(struct set_table *table, set_id id, uint16_t rated);

/* The node has accepted this part. */
void
set_accept(struct set_table *table, set_id id, uint8_t part, uint64_t now_ms);

/* The caller refers to it no more. */
void
set_leave(struct set_table *table, set_id id);

/* Forgets what is over. Returns when the next will be, UINT64_MAX: none is left. */
uint64_t
set_expire(struct set_table *table, uint64_t now_ms);

#endif
