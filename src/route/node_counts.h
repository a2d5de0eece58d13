/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_NODE_COUNTS_H
#define ROUTE_NODE_COUNTS_H

#include <stdint.h>

#include "base/histogram.h"
#include "smpp/status.h"

/*
 * What one worker counts of one node. It has one writer; what a message touches
 * stands together.
 */
struct node_counts {
#define NODE_COUNT(symbol, meaning) uint64_t symbol;
#include "route/node_count.def"
#undef NODE_COUNT
    uint32_t links;                         /* that there are now, bound or trying */
    uint32_t bound;                         /* those of them that are bound */
    uint64_t statuses[STATUS_ROWS + 1];     /* responses; the last is any other status */
    struct histogram latency;               /* of the same responses */
};

/* The node has answered a request. */
static inline void
node_counts_answered(struct node_counts *counts, uint32_t status, uint64_t took_us)
{
    counts->statuses[status == SMPP_ROK ? STATUS_ROW_ROK : status_row(status)]++;
    histogram_record(&counts->latency, took_us);
}

void
node_counts_add(struct node_counts *counts, const struct node_counts *other);

/* All responses. */
uint64_t
node_counts_responses(const struct node_counts *counts);

/* Requests that await their response. */
uint64_t
node_counts_pending(const struct node_counts *counts);

#endif
