/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_LEARN_H
#define ROUTE_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"
#include "smpp/msgid.h"

/*
 * Remembers which node gave which message_id, up to a number of them; then the
 * older ones go. It keeps hashes of ids in their normal form, 16 octets each.
 */
struct learn_entry;

struct learn {
    struct learn_entry *entries;    /* NULL until the first */
    size_t buckets;
    size_t max;
    uint32_t clock;
    uint64_t seed;
};

void
learn_init(struct learn *learn, size_t max);

void
learn_fini(struct learn *learn);

/* `id` is of that node. Where memory is short it is not remembered. */
void
learn_put(struct learn *learn, struct octets id, uint16_t node);

/* False: unknown, or forgotten. */
MUST_USE bool
learn_find(const struct learn *learn, struct octets id, uint16_t *node);

#endif
