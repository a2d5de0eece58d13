/* SPDX-License-Identifier: ISC */
#ifndef PROXY_COUNTS_H
#define PROXY_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ensure.h"
#include "route/node_counts.h"

/* The counts of all nodes of a farm, on one worker. A node's stay where they are. */
struct counts {
    struct node_counts **nodes;
    size_t count;
};

/* Makes room for n nodes; never less than there was. False: memory is short. */
MUST_USE bool
counts_reserve(struct counts *counts, size_t n);

void
counts_fini(struct counts *counts);

#endif
