/* SPDX-License-Identifier: ISC */
/* Which of its links a linkset gives the next request to. It decides and sends nothing. */
#include "proxy/linkset_inner.h"

/* Does it take a message, and is at no rest then? */
static bool
takes_now(const struct link *link, uint64_t at_ms)
{
    return link_takes_requests(link) && link->rests_until_ms <= at_ms;
}

/* The next in turn of several links to one node: bound, and better one that takes requests. */
static struct link *
link_in_turn(struct linkset *linkset, size_t node, uint64_t at_ms)
{
    struct link *link, *bound = NULL;
    uint32_t i;

    for (i = linkset->per_node; i > 0; i--) {
        link = linkset->links[node * linkset->per_node + linkset->turn++ % linkset->per_node];
        if (link == NULL || link->state != LINK_BOUND)
            continue;
        bound = link;
        if (takes_now(link, at_ms))
            break;
    }
    return bound;
}

static inline struct link *
bound_link(struct linkset *linkset, size_t node, uint64_t at_ms)
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

/* The next in turn that takes requests. Of the round that is open and of the next each turn
 * is tried at most once, so that every one is. */
static struct link *
pick_next(struct linkset *linkset, uint64_t at_ms)
{
    struct balance *balance = &linkset->account->balance;
    uint32_t length = senders_turn_length(&linkset->proxy->senders);
    bool has_turn = false;
    struct link *link;
    uint32_t i;

    for (i = 2 * balance_turns(balance); i > 0; i--) {
        link = bound_link(linkset, balance_take(balance, length, &linkset->kept_turn), at_ms);
        if (link != NULL && takes_now(link, at_ms))
            return link;
        balance_end_turn(balance, linkset->kept_turn);
        has_turn = has_turn || link != NULL;
    }
    return has_turn ? NULL : pick_besides_turns(linkset, at_ms);
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
pick(struct linkset *linkset, uint64_t at_ms)
{
    if (linkset->takers == 0)
        return NULL;
    switch (linkset->farm->balance) {
    case CONF_ROUND_ROBIN:
    case CONF_STANDBY:          /* whose round is one turn */
    case CONF_DESTINATION:      /* where there is none to hash */
    case CONF_SOURCE:           /* of TCP mode */
        return pick_next(linkset, at_ms);
    case CONF_LEAST_PENDING:
        return pick_fewest(linkset, at_ms);
    }
    return NULL;
}

struct link *
linkset_pick_rested(struct linkset *linkset)
{
    return pick(linkset, loop_now_ms(linkset->proxy->loop));
}

struct link *
linkset_pick(struct linkset *linkset)
{
    uint64_t now = loop_now_ms(linkset->proxy->loop);
    struct link *link;

    if (linkset->rests_until_ms <= now)
        return pick(linkset, UINT64_MAX);
    link = pick(linkset, now);
    return link != NULL ? link : pick(linkset, UINT64_MAX);
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
