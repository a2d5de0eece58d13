/* SPDX-License-Identifier: ISC */
#include "route/node_counts.h"

void
node_counts_add(struct node_counts *counts, const struct node_counts *other)
{
    unsigned i;

#define NODE_COUNT(symbol, meaning) counts->symbol += other->symbol;
#include "route/node_count.def"
#undef NODE_COUNT
    counts->links += other->links;
    counts->bound += other->bound;
    for (i = 0; i <= STATUS_ROWS; i++)
        counts->statuses[i] += other->statuses[i];
    histogram_add(&counts->latency, &other->latency);
}

uint64_t
node_counts_responses(const struct node_counts *counts)
{
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i <= STATUS_ROWS; i++)
        sum += counts->statuses[i];
    return sum;
}

uint64_t
node_counts_pending(const struct node_counts *counts)
{
    return counts->requests - node_counts_responses(counts) - counts->expired - counts->lost -
           counts->forgotten;
}
