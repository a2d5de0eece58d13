/* SPDX-License-Identifier: ISC */
#include "tools/load_queue.h"

#include <stdlib.h>

#define FIRST_CAP 64

static bool
grow(struct load_queue *queue)
{
    size_t cap = queue->cap == 0 ? FIRST_CAP : 2 * queue->cap, i;
    struct load_part *parts = calloc(cap, sizeof(parts[0]));

    if (parts == NULL)
        return false;
    for (i = 0; i < queue->len; i++)
        parts[i] = queue->parts[(queue->head + i) & (queue->cap - 1)];
    free(queue->parts);
    queue->parts = parts;
    queue->cap = cap;
    queue->head = 0;
    return true;
}

bool
load_queue_push(struct load_queue *queue, const struct load_part *part)
{
    if (queue->len == queue->cap && !grow(queue))
        return false;
    queue->parts[(queue->head + queue->len++) & (queue->cap - 1)] = *part;
    return true;
}

bool
load_queue_pop(struct load_queue *queue, struct load_part *part)
{
    if (queue->len == 0)
        return false;
    *part = queue->parts[queue->head];
    queue->head = (queue->head + 1) & (queue->cap - 1);
    queue->len--;
    return true;
}

void
load_queue_fini(struct load_queue *queue)
{
    free(queue->parts);
    *queue = (struct load_queue){0};
}
