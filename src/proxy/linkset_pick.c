/* SPDX-License-Identifier: ISC */
/* Which of its links a linkset gives the next request to. It decides and sends nothing. */
#include "base/hash.h"
#include "proxy/linkset_inner.h"

/* Does it take a message, and is at no rest then? */
static bool
takes_now(const struct link *link, uint64_t at_ms)
{
    return link_takes_requests(link) && link->rests_until_ms <= at_ms;
}

/* One of several links to a node, another for each turn: bound, and better one that takes
 * requests. A hash chooses, for turns come back to a node by the rhythm of the weights. */
static struct link *
link_in_turn(const struct linkset *linkset, size_t node, uint64_t at_ms)
{
    size_t place = hash_mix(linkset->turns, node) % linkset->per_node;
    struct link *link, *bound = NULL;
    uint32_t i;

    for (i = 0; i < linkset->per_node; i++) {
        link = linkset->links[node * linkset->per_node + (place + i) % linkset->per_node];
        if (link == NULL || link->state != LINK_BOUND)
            continue;
        bound = link;
        if (takes_now(link, at_ms))
            break;
    }
    return bound;
}

static inline struct link *
bound_link(const struct linkset *linkset, size_t node, uint64_t at_ms)
{
    struct link *link;

    if (linkset->per_node > 1)
        return link_in_turn(linkset, node, at_ms);
    link = linkset->links[node];
    return link != NULL && link->state == LINK_BOUND ? link : NULL;
}

struct link *
linkset_link_among(const struct linkset *linkset, size_t node, uint64_t spread)
{
    struct link *link, *other = NULL;
    uint32_t i;

    for (i = 0; i < linkset->per_node; i++) {
        link = linkset->links[node * linkset->per_node + (spread + i) % linkset->per_node];
        if (link != NULL && link->state == LINK_BOUND)
            return link;
        if (other == NULL)
            other = link;
    }
    return other;
}

size_t
linkset_nodes_bound(const struct linkset *linkset)
{
    size_t node, n = 0;
    struct link *link;

    for (node = 0; node < linkset->farm->node_count; node++) {
        link = linkset_link_to(linkset, node, 0);
        n += link != NULL && link->state == LINK_BOUND;
    }
    return n;
}

/*
 * The turns are the account's. Where they name no node that this linkset is
 * bound to, as when it alone has lost its links to the primaries, it takes what
 * it has.
 */
static struct link *
pick_besides_turns(struct linkset *linkset, uint64_t at_ms)
{
    struct link *link;
    size_t i;

    for (i = 0; i < linkset->places; i++) {
        link = linkset->links[i];
        if (link != NULL && has_weight(link) && takes_now(link, at_ms))
            return link;
    }
    return NULL;
}

/* Does any node that has turns take a message? *has_turn: is it bound to any of them? */
static bool
any_takes(const struct linkset *linkset, uint64_t at_ms, bool *has_turn)
{
    const struct balance *balance = &linkset->account->balance;
    struct link *link;
    size_t node;

    *has_turn = false;
    for (node = 0; node < balance->farm->node_count; node++) {
        link = balance_has_turns(balance, node) ? bound_link(linkset, node, at_ms) : NULL;
        if (link != NULL && takes_now(link, at_ms))
            return true;
        *has_turn = *has_turn || link != NULL;
    }
    return false;
}

/*
 * The node whose turn it is can't take it: the next that can, of turns from round->turn on of
 * which some is left, or else of any.
 */
static struct link *
pick_another(struct linkset *linkset, enum balance_kind kind, uint64_t at_ms)
{
    struct balance *balance = &linkset->account->balance;
    struct balance_round *round = &balance->rounds[kind];
    uint32_t turn, spare_turn = 0, i;
    struct link *link, *spare = NULL;
    bool has_turn;

    if (!any_takes(linkset, at_ms, &has_turn))
        return has_turn ? NULL : pick_besides_turns(linkset, at_ms);
    for (i = 0; i < balance->turn_count; i++) {
        turn = balance_step(balance, kind);
        if (spare != NULL && round->left[turn] <= 0)
            continue;
        link = bound_link(linkset, balance->turns[turn], at_ms);
        if (link == NULL || !takes_now(link, at_ms))
            continue;
        if (round->left[turn] > 0) {
            balance_use(balance, kind, turn);
            linkset->kept[kind] = turn;
            return link;
        }
        spare = link;
        spare_turn = turn;
    }
    if (spare == NULL)      /* the round is an old one, for want of memory */
        return pick_besides_turns(linkset, at_ms);
    round->turn = spare_turn;
    linkset->kept[kind] = balance_step(balance, kind);
    balance_borrow(balance, kind, spare_turn);
    return spare;
}

/* The next in turn that takes requests. */
static struct link *
pick_next(struct linkset *linkset, enum balance_kind kind, uint64_t at_ms)
{
    struct balance *balance = &linkset->account->balance;
    uint32_t length = senders_turn_length(&linkset->proxy->senders), *kept = &linkset->kept[kind];
    uint64_t now_us = linkset->proxy->loop->now_us, idle_us = now_us - linkset->picked_at_us;
    uint32_t turn, next;
    struct link *link;

    if (balance_turns(balance) == 0)
        return pick_besides_turns(linkset, at_ms);
    if (length == 1 || idle_us > SENDERS_PAUSE_US)
        *kept = BALANCE_NO_TURN;
    linkset->picked_at_us = now_us;
    next = balance->rounds[kind].turn;
    turn = balance_turn(balance, kind, length, *kept, idle_us == 0);
    if (turn != *kept || idle_us > 0)
        linkset->turns++;
    link = bound_link(linkset, balance->turns[turn], at_ms);
    if (link == NULL || !takes_now(link, at_ms)) {
        balance->rounds[kind].turn = next;
        return pick_another(linkset, kind, at_ms);
    }
    balance_use(balance, kind, turn);
    *kept = turn;
    return link;
}

/* Has the first one fewer open requests, by weight? */
static bool
has_fewer(const struct balance *balance, const struct link *a, const struct link *b)
{
    return (uint64_t)balance->open[a->node] * share_of(b)->weight <
           (uint64_t)balance->open[b->node] * share_of(a)->weight;
}

/*
 * The one of the node with the fewest open requests of the account by weight, for a
 * session's own tell little where the window is small; of equals the one whose turn it is.
 * Nodes are looked at, not turns, for a round may have a thousand.
 */
static struct link *
pick_fewest(struct linkset *linkset, uint64_t at_ms)
{
    struct balance *balance = &linkset->account->balance;
    size_t count = balance->farm->node_count, node, i;
    struct link *best = NULL, *link;
    bool has_turn = false;

    node = balance_turns(balance) > 0 ? balance_next(balance) : 0;
    linkset->turns++;
    for (i = 0; i < count; i++, node = node + 1 < count ? node + 1 : 0) {
        link = balance_has_turns(balance, node) ? bound_link(linkset, node, at_ms) : NULL;
        if (link == NULL)
            continue;
        has_turn = true;
        if (takes_now(link, at_ms) && (best == NULL || has_fewer(balance, link, best)))
            best = link;
    }
    return has_turn ? best : pick_besides_turns(linkset, at_ms);
}

static struct link *
pick(struct linkset *linkset, enum balance_kind kind, uint64_t at_ms)
{
    if (linkset->takers == 0)
        return NULL;
    switch (linkset->farm->balance) {
    case CONF_ROUND_ROBIN:
    case CONF_STANDBY:          /* whose round is one turn */
    case CONF_DESTINATION:      /* where there is none to hash */
    case CONF_SOURCE:           /* of TCP mode */
        return pick_next(linkset, kind, at_ms);
    case CONF_LEAST_PENDING:
        return pick_fewest(linkset, at_ms);
    }
    return NULL;
}

struct link *
linkset_pick_rested(struct linkset *linkset)
{
    return pick(linkset, BALANCE_MESSAGES, loop_now_ms(linkset->proxy->loop));
}

struct link *
linkset_pick(struct linkset *linkset, enum balance_kind kind)
{
    uint64_t now = loop_now_ms(linkset->proxy->loop);
    struct link *link;

    if (linkset->rests_until_ms <= now)
        return pick(linkset, kind, UINT64_MAX);
    link = pick(linkset, kind, now);
    return link != NULL ? link : pick(linkset, kind, UINT64_MAX);
}

void
linkset_rest(struct linkset *linkset, size_t node)
{
    struct link *link;
    uint32_t i;

    linkset->rests_until_ms = loop_now_ms(linkset->proxy->loop) + linkset->farm->rest_ms;
    for (i = 0; i < linkset->per_node; i++) {
        link = linkset->links[node * linkset->per_node + i];
        if (link != NULL)
            link->rests_until_ms = linkset->rests_until_ms;
    }
}
