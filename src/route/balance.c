/* SPDX-License-Identifier: ISC */
#include "route/balance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static uint32_t
gcd(uint32_t a, uint32_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

#define NO_RANK UINT32_MAX

/* May the node take messages, were it not for its rank? */
static bool
can_take(const struct balance *balance, size_t node)
{
    return balance->links[node] > 0 && balance->shares[node].weight > 0;
}

/* The least rank of those that can take messages and were not tried, or NO_RANK. */
static uint32_t
first_rank(const struct balance *balance, uint64_t tried)
{
    uint32_t rank = NO_RANK;
    size_t node;

    for (node = 0; node < balance->farm->node_count; node++)
        if (can_take(balance, node) && (tried & BALANCE_TRIED(node)) == 0 &&
            balance->shares[node].rank < rank)
            rank = balance->shares[node].rank;
    return rank;
}

static bool
takes(const struct balance *balance, size_t node, uint32_t rank)
{
    return can_take(balance, node) && balance->shares[node].rank == rank;
}

/* A longer round would take too long to write, for every account, when a node
 * comes or goes; with so many turns its weights are rounded instead. */
#define TURNS_MAX 4096

/* The turns of a node in a round. */
static uint32_t
share(const struct balance *balance, size_t node, uint32_t divisor)
{
    uint32_t turns = balance->shares[node].weight / divisor;

    return turns > 0 ? turns : 1;
}

static uint32_t
count_turns(const struct balance *balance, uint32_t rank, uint32_t divisor)
{
    uint32_t total = 0;
    size_t node;

    for (node = 0; node < balance->farm->node_count && divisor > 0; node++)
        if (takes(balance, node, rank))
            total += share(balance, node, divisor);
    return total;
}

/*
 * One round in smooth order: at each turn every node gains its weight, the one
 * that has gained most takes the turn and pays the sum of all weights.
 */
static uint32_t
write_turns(const struct balance *balance, uint32_t rank, uint32_t divisor, uint32_t total,
            int64_t *gained, uint16_t *turns)
{
    size_t node, best, count = balance->farm->node_count;
    uint32_t turn;

    memset(gained, 0, count * sizeof(*gained));
    for (turn = 0; turn < total; turn++) {
        best = count;
        for (node = 0; node < count; node++) {
            if (!takes(balance, node, rank))
                continue;
            gained[node] += share(balance, node, divisor);
            if (best == count || gained[node] > gained[best])
                best = node;
        }
        gained[best] -= total;
        turns[turn] = (uint16_t)best;
    }
    return total;
}

void
balance_begin_round(struct balance *balance, enum balance_kind kind, uint32_t length)
{
    struct balance_round *round = &balance->rounds[kind];
    uint32_t turn;

    round->length = length;
    round->borrowed = 0;
    do {
        for (turn = 0; turn < balance->turn_count; turn++) {
            round->left[turn] = (int16_t)(round->left[turn] + (int)length);
            round->open += round->left[turn] > 0;
        }
    } while (round->open == 0);
}

void
balance_borrow(struct balance *balance, enum balance_kind kind, uint32_t turn)
{
    struct balance_round *round = &balance->rounds[kind];

    balance_use(balance, kind, turn);
    if (++round->borrowed < round->length)
        return;
    memset(round->left, 0, balance->turn_count * sizeof(*round->left));
    round->open = 0;
}

void
balance_refresh(struct balance *balance)
{
    size_t node, count = balance->farm->node_count;
    uint32_t rank = balance->rank = first_rank(balance, 0), divisor = 0, total, kind;
    int64_t *gained;
    uint16_t *turns;
    int16_t *left;

    for (node = 0; node < count; node++)
        if (takes(balance, node, rank))
            divisor = gcd(balance->shares[node].weight, divisor);
    total = count_turns(balance, rank, divisor);
    if (total > TURNS_MAX) {
        divisor *= (total + TURNS_MAX - 1) / TURNS_MAX;
        total = count_turns(balance, rank, divisor);
    }
    balance->stale = false;
    gained = calloc(count, sizeof(*gained));
    turns = calloc(total + 1, sizeof(*turns));
    left = calloc((total + 1) * BALANCE_KINDS, sizeof(*left));
    if (gained == NULL || turns == NULL || left == NULL) {
        /* The old round stays: a turn of a node without links is passed over. */
        free(gained);
        free(turns);
        free(left);
        return;
    }
    free(balance->turns);
    free(balance->rounds[0].left);      /* of all kinds */
    balance->turns = turns;
    balance->turn_count = write_turns(balance, rank, divisor, total, gained, turns);
    for (kind = 0; kind < BALANCE_KINDS; kind++)
        balance->rounds[kind] = (struct balance_round){
            .left = left + kind * (total + 1),
            .turn = total > 0 ? balance->start % total : 0};
    free(gained);
}

/* An array of n elements in the place of one of `old`; the new ones are zero. */
static bool
extend(void **array, size_t old, size_t n, size_t size)
{
    char *larger = calloc(n, size);

    if (larger == NULL)
        return false;
    if (old > 0)
        memcpy(larger, *array, old * size);
    free(*array);
    *array = larger;
    return true;
}

bool
balance_reserve(struct balance *balance, const struct conf_farm *next)
{
    size_t old = balance->room, n = next->node_count, i;
    void *links = balance->links, *open = balance->open, *names = balance->names;
    bool ok;

    if (n <= old)
        return true;
    ok = extend(&links, old, n, sizeof(*balance->links));
    balance->links = links;
    ok = ok && extend(&open, old, n, sizeof(*balance->open));
    balance->open = open;
    ok = ok && extend(&names, old, n, sizeof(*balance->names));
    balance->names = names;
    if (!ok)
        return false;
    for (i = old; i < n; i++)
        balance->names[i] = hash_bytes(next->nodes[i].name, strlen(next->nodes[i].name), 0);
    balance->room = n;
    return true;
}

void
balance_follow(struct balance *balance, const struct conf_farm *next)
{
    balance->farm = next;
    balance->stale = true;
}

void
balance_put_shares(struct balance *balance, const struct balance_share *shares)
{
    balance->shares = shares;
    balance->stale = true;
}

bool
balance_init(struct balance *balance, const struct conf_farm *farm,
             const struct balance_share *shares, uint32_t start)
{
    *balance = (struct balance){.farm = farm, .shares = shares, .start = start};
    if (balance_reserve(balance, farm))
        return true;
    balance_fini(balance);
    return false;
}

void
balance_fini(struct balance *balance)
{
    free(balance->links);
    free(balance->names);
    free(balance->open);
    free(balance->turns);
    free(balance->rounds[0].left);
    memset(balance, 0, sizeof(*balance));
}

/* The larger, the better: weight / -ln(u), u evenly spread over (0, 1). */
static double
score(const struct balance *balance, size_t node, uint64_t hash)
{
    uint64_t mixed = hash_mix(hash, balance->names[node]);
    double even = ((double)(mixed >> 11) + 0.5) * 0x1p-53;

    return (double)balance->shares[node].weight / -log(even);
}

/* The best by its score of those of that rank that were not tried. */
static bool
find_by_hash(const struct balance *balance, uint64_t hash, uint32_t rank, uint64_t tried,
             size_t *node)
{
    double best = -1, its;
    size_t i;

    for (i = 0; i < balance->farm->node_count; i++) {
        if (!takes(balance, i, rank) || (tried & BALANCE_TRIED(i)) != 0)
            continue;
        its = score(balance, i, hash);
        if (its > best) {
            best = its;
            *node = i;
        }
    }
    return best >= 0;
}

bool
balance_by_hash(const struct balance *balance, uint64_t hash, size_t *node)
{
    return find_by_hash(balance, hash, first_rank(balance, 0), 0, node);
}

/* The next in turn that was not tried. */
static bool
next_untried(struct balance *balance, uint64_t tried, size_t *node)
{
    uint32_t i;

    for (i = balance_turns(balance); i > 0; i--) {
        *node = balance_next(balance);
        if (can_take(balance, *node) && (tried & BALANCE_TRIED(*node)) == 0)
            return true;
    }
    return false;
}

static bool
has_fewer(const struct balance *balance, size_t a, size_t b)
{
    return (uint64_t)balance->open[a] * balance->shares[b].weight <
           (uint64_t)balance->open[b] * balance->shares[a].weight;
}

/* Of those in turn the one with the fewest open connections by weight; of equals the
 * next. */
static bool
fewest_untried(struct balance *balance, uint64_t tried, size_t *node)
{
    bool found = false;
    size_t its;
    uint32_t i;

    for (i = balance_turns(balance); i > 0; i--) {
        its = balance_next(balance);
        if (!can_take(balance, its) || (tried & BALANCE_TRIED(its)) != 0)
            continue;
        if (!found || has_fewer(balance, its, *node))
            *node = its;
        found = true;
    }
    if (found)
        (void)balance_next(balance);
    return found;
}

/* All that have a turn were tried: those of the next ranks are there for that. */
static bool
fewest_behind(const struct balance *balance, uint64_t tried, size_t *node)
{
    uint32_t rank = first_rank(balance, tried);
    bool found = false;
    size_t i;

    for (i = 0; i < balance->farm->node_count; i++) {
        if (!takes(balance, i, rank) || (tried & BALANCE_TRIED(i)) != 0)
            continue;
        if (!found || has_fewer(balance, i, *node))
            *node = i;
        found = true;
    }
    return found;
}

bool
balance_connection(struct balance *balance, uint64_t hash, uint64_t tried, size_t *node)
{
    bool found = false;

    switch (balance->farm->balance) {
    case CONF_ROUND_ROBIN:
    case CONF_STANDBY:          /* whose round is one turn */
    case CONF_DESTINATION:      /* of SMPP mode */
        found = next_untried(balance, tried, node);
        break;
    case CONF_LEAST_PENDING:
        found = fewest_untried(balance, tried, node);
        break;
    case CONF_SOURCE:
        return find_by_hash(balance, hash, first_rank(balance, tried), tried, node);
    }
    return found || fewest_behind(balance, tried, node);
}

void
balance_link_bound(struct balance *balance, size_t node)
{
    if (balance->links[node]++ == 0)
        balance->stale = true;
}

void
balance_link_lost(struct balance *balance, size_t node)
{
    ensure(balance->links[node] > 0);
    if (--balance->links[node] == 0)
        balance->stale = true;
}
