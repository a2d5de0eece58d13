/* SPDX-License-Identifier: ISC */
#include "route/trail.h"

#include <stdlib.h>

#define ROWS 1024       /* a power of two */
#define WIDTH 4

void
trail_init(struct trail *trail, uint64_t ttl_ms)
{
    *trail = (struct trail){.ttl_ms = ttl_ms};
}

void
trail_fini(struct trail *trail)
{
    free(trail->entries);
    trail->entries = NULL;
}

static struct trail_entry *
row_of(const struct trail *trail, uint64_t key)
{
    return &trail->entries[(key & (ROWS - 1)) * WIDTH];
}

struct handle
trail_find(const struct trail *trail, uint64_t key, uint64_t now_ms)
{
    const struct trail_entry *row;
    size_t i;

    if (trail->entries != NULL) {
        row = row_of(trail, key);
        for (i = 0; i < WIDTH; i++)
            if (row[i].key == key && row[i].due_ms > now_ms)
                return row[i].to;
    }
    return (struct handle){0, 0};
}

void
trail_put(struct trail *trail, uint64_t key, struct handle to, uint64_t now_ms)
{
    struct trail_entry *row, *oldest;
    size_t i;

    if (trail->entries == NULL)
        trail->entries = calloc(ROWS * WIDTH, sizeof(*trail->entries));
    if (trail->entries == NULL)
        return;
    row = oldest = row_of(trail, key);
    for (i = 0; i < WIDTH; i++) {
        if (row[i].key == key && row[i].due_ms > 0) {
            oldest = &row[i];
            break;
        }
        if (row[i].due_ms < oldest->due_ms)
            oldest = &row[i];
    }
    *oldest = (struct trail_entry){.key = key, .due_ms = now_ms + trail->ttl_ms, .to = to};
}
