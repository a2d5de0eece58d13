/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_BALANCE_H
#define ROUTE_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"
#include "conf/conf.h"

/* What a node takes of the messages, for all accounts of its farm. */
struct balance_share {
    uint32_t weight;                /* 0: no new ones */
    uint32_t rank;                  /* only those of the least rank that have links take any */
};

/*
 * The turns of an account, or of a farm in TCP mode (whose connections are then its open
 * requests, and whose nodes always have a link): in which order the nodes that have links take its
 * messages. A node has as many turns in a round as its weight, spread smoothly
 * (3:2:1 is a b a c b a), so that taking the next costs one step. The round is
 * written anew only when a node has come or gone, and then not before it is needed.
 * A turn is one message; while many send it is some (route/senders.h). A round is over when
 * nothing is left of any turn, so that the shares stay what they are. What is by itself and
 * sets, whose other parts follow the first, go round by themselves, so that each is even.
 */
#define BALANCE_LENGTH_MAX 32

enum balance_kind {
    BALANCE_MESSAGES,
    BALANCE_SETS,
    BALANCE_KINDS
};

struct balance_round {
    int16_t *left;                  /* of each turn; < 0: it has had so many more */
    uint32_t open;                  /* turns of which some are left */
    uint32_t turn;                  /* the next one to be given, if any of it is left */
    uint32_t length;                /* messages of a turn */
    uint32_t borrowed;              /* messages, while open turns were of no use to their senders */
};

struct balance {
    const struct conf_farm *farm;   /* lives until balance_follow or longer */
    const struct balance_share *shares;     /* the farm's, one a node */
    size_t room;                    /* nodes that the arrays have room for */
    uint32_t *links;                /* bound links of each node */
    uint32_t *open;                 /* unanswered requests at each node, by its links' windows */
    uint16_t *turns;                /* node indices */
    uint32_t turn_count;
    struct balance_round rounds[BALANCE_KINDS];
    bool stale;                     /* the round is to be written anew before it is used */
    uint32_t start;
    uint32_t rank;                  /* of the nodes that have turns */
    uint64_t *names;                /* a hash of each node's name */
};

/* `shares` lives as long as the balance, or until balance_put_shares. `start` shifts the
 * first turn: accounts that send in step must not always meet the same node. False: out
 * of memory. */
MUST_USE bool
balance_init(struct balance *balance, const struct conf_farm *farm,
             const struct balance_share *shares, uint32_t start);

void
balance_fini(struct balance *balance);

/* Makes room for as many nodes as `next` has. False: out of memory, and all is
 * as before. */
MUST_USE bool
balance_reserve(struct balance *balance, const struct conf_farm *next);

/* From here on `next` is the farm; the nodes that were there have kept their
 * places. Room was reserved. */
void
balance_follow(struct balance *balance, const struct conf_farm *next);

/* The shares have changed, or stand elsewhere. */
void
balance_put_shares(struct balance *balance, const struct balance_share *shares);

/* A link to the node was bound, or is bound no longer. */
void
balance_link_bound(struct balance *balance, size_t node);

void
balance_link_lost(struct balance *balance, size_t node);

/* Writes the round anew. */
void
balance_refresh(struct balance *balance);

/* How many turns a round has; 0: no node takes messages. */
static inline uint32_t
balance_turns(struct balance *balance)
{
    if (balance->stale)
        balance_refresh(balance);
    return balance->turn_count;
}

/* A new round, whose turns are `length` messages long, at least 1 and at most
 * BALANCE_LENGTH_MAX; what they have had before is taken off. */
void
balance_begin_round(struct balance *balance, enum balance_kind kind, uint32_t length);

/* Goes on to the next turn, of which nothing may be left. */
static inline uint32_t
balance_step(struct balance *balance, enum balance_kind kind)
{
    struct balance_round *round = &balance->rounds[kind];
    uint32_t turn = round->turn;

    round->turn = turn + 1 < balance->turn_count ? turn + 1 : 0;
    return turn;
}

#define BALANCE_NO_TURN UINT32_MAX

/*
 * The turn for one more message: the sender's own, `kept`, as long as some of it is left, or
 * else the next. In the middle of what it sends it may go on beyond that, by as much as the
 * longest turn. balance_use takes the message; a node that can't take it leaves it to others.
 * `length` is that of a round that begins. balance_turns has told that there are turns.
 */
static inline uint32_t
balance_turn(struct balance *balance, enum balance_kind kind, uint32_t length, uint32_t kept,
             bool goes_on)
{
    struct balance_round *round = &balance->rounds[kind];
    uint32_t turn;

    if (round->open == 0)
        balance_begin_round(balance, kind, length);
    if (kept < balance->turn_count && round->left[kept] > (goes_on ? -BALANCE_LENGTH_MAX : 0))
        return kept;
    do
        turn = balance_step(balance, kind);
    while (round->left[turn] <= 0);
    return turn;
}

static inline void
balance_use(struct balance *balance, enum balance_kind kind, uint32_t turn)
{
    struct balance_round *round = &balance->rounds[kind];

    if (round->left[turn] > -BALANCE_LENGTH_MAX && --round->left[turn] == 0)
        round->open--;
}

/* The same of a turn of which nothing is left, for one who can't use those that are open. When
 * that has been so for the messages of a turn the round is given up: too few can. */
void
balance_borrow(struct balance *balance, enum balance_kind kind, uint32_t turn);

/* The node of the next message, where nobody keeps a turn. */
static inline size_t
balance_next(struct balance *balance)
{
    uint32_t turn = balance_turn(balance, BALANCE_MESSAGES, 1, BALANCE_NO_TURN, false);

    balance_use(balance, BALANCE_MESSAGES, turn);
    return balance->turns[turn];
}

/* Has the node turns in the round that balance_turns has told of? */
static inline bool
balance_has_turns(const struct balance *balance, size_t node)
{
    return balance->links[node] > 0 && balance->shares[node].weight > 0 &&
           balance->shares[node].rank == balance->rank;
}

/*
 * The node that a hash stands for, by weighted rendezvous: the same on every
 * machine whose nodes have the same names, weights and states, whatever their
 * order; where a node goes, only what was its own moves. False: no node takes
 * messages.
 */
MUST_USE bool
balance_by_hash(const struct balance *balance, uint64_t hash, size_t *node);

/* Nodes that one connection has tried in vain, by their places modulo 64. */
#define BALANCE_TRIED(node) (UINT64_C(1) << (node) % 64)

/*
 * The node for a connection, by the farm's rule, among those that it has not tried; `hash`
 * is its client's. False: there is none.
 */
MUST_USE bool
balance_connection(struct balance *balance, uint64_t hash, uint64_t tried, size_t *node);

#endif
