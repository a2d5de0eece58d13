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
 * A turn is one message; while many send it is some (route/senders.h), for all turns of a
 * round alike, so that the shares stay what they are.
 */
struct balance {
    const struct conf_farm *farm;   /* lives until balance_follow or longer */
    const struct balance_share *shares;     /* the farm's, one a node */
    size_t room;                    /* nodes that the arrays have room for */
    uint32_t *links;                /* bound links of each node */
    uint32_t *open;                 /* unanswered requests at each node, by its links' windows */
    uint16_t *turns;                /* node indices */
    uint32_t turn_count;
    uint32_t turn;                  /* the next one to be given, if any of it is left */
    uint32_t length;                /* messages of a turn in this round */
    uint8_t *left;                  /* of them, for each turn */
    uint32_t turns_open;            /* of which some are left */
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

/* All turns anew, each of `length` messages, at most 255; 0 means 1. */
void
balance_begin_round(struct balance *balance, uint32_t length);

static inline uint32_t
balance_next_turn(struct balance *balance)
{
    uint32_t turn;

    do {
        turn = balance->turn;
        balance->turn = turn + 1 < balance->turn_count ? turn + 1 : 0;
    } while (balance->left[turn] == 0);
    return turn;
}

#define BALANCE_NO_TURN UINT32_MAX

/*
 * The node for one more message, in a round whose turns are to be `length` messages long;
 * 0 ends a round of longer ones at once, and means 1. *turn is the sender's, or
 * BALANCE_NO_TURN: a long one it keeps until nothing is left of it, so that what it sends at
 * a time goes to one node; otherwise it is given the next. balance_turns has told that there
 * are turns.
 */
static inline size_t
balance_take(struct balance *balance, uint32_t length, uint32_t *turn)
{
    if (balance->turns_open == 0 || (length == 0 && balance->length > 1))
        balance_begin_round(balance, length);
    if (balance->length == 1 || *turn >= balance->turn_count || balance->left[*turn] == 0)
        *turn = balance_next_turn(balance);
    if (--balance->left[*turn] == 0)
        balance->turns_open--;
    return balance->turns[*turn];
}

/* Its node takes no more: what is left of it is lost. */
static inline void
balance_end_turn(struct balance *balance, uint32_t turn)
{
    balance->turns_open -= balance->left[turn] > 0;
    balance->left[turn] = 0;
}

/* The node of the next message, where nobody keeps a turn. */
static inline size_t
balance_next(struct balance *balance)
{
    uint32_t turn = BALANCE_NO_TURN;

    return balance_take(balance, 0, &turn);
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
