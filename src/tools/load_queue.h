/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_QUEUE_H
#define TOOLS_LOAD_QUEUE_H

#include <stddef.h>

#include "base/ensure.h"
#include "tools/load_plan.h"

/* Parts that wait to be sent, first in, first out. It grows by doubling. */
struct load_queue {
    struct load_part *parts;
    size_t head;
    size_t len;
    size_t cap;     /* a power of two, or 0 */
};

/* False: no memory. */
MUST_USE bool
load_queue_push(struct load_queue *queue, const struct load_part *part);

/* False: it is empty. */
MUST_USE bool
load_queue_pop(struct load_queue *queue, struct load_part *part);

void
load_queue_fini(struct load_queue *queue);

#endif
