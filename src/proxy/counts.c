/* SPDX-License-Identifier: ISC */
#include "proxy/counts.h"

#include <stdlib.h>

bool
counts_reserve(struct counts *counts, size_t n)
{
    struct node_counts **nodes;

    if (n <= counts->count)
        return true;
    nodes = realloc(counts->nodes, n * sizeof(struct node_counts *));
    if (nodes == NULL)
        return false;
    counts->nodes = nodes;
    for (; counts->count < n; counts->count++) {
        nodes[counts->count] = calloc(1, sizeof(struct node_counts));
        if (nodes[counts->count] == NULL)
            return false;
    }
    return true;
}

void
counts_fini(struct counts *counts)
{
    size_t i;

    for (i = 0; i < counts->count; i++)
        free(counts->nodes[i]);
    free(counts->nodes);
}
