/* SPDX-License-Identifier: ISC */
#ifndef PROXY_TOTALS_H
#define PROXY_TOTALS_H

#include <stddef.h>
#include <stdint.h>

#include "proxy/counters.h"
#include "proxy/proxy.h"

/* What a worker counts, or several of them, at one moment. */
struct farm_totals {
    uint64_t sets;
    uint64_t sets_begun;
    uint64_t sets_expired;
    uint64_t sets_evicted;
};

struct totals {
    uint64_t sessions;
    uint64_t accounts;
    uint64_t linksets;
    uint64_t memory;            /* octets of the slab that are out */
    struct counters counters;
    size_t farm_count;
    struct farm_totals farms[]; /* as the configuration has them */
};

/* All zero; free() is the caller's. NULL: out of memory. */
MUST_USE struct totals *
totals_new(size_t farm_count);

/* What the proxy counts now, to be called on its thread; free() is the caller's. NULL:
 * out of memory. */
MUST_USE struct totals *
totals_take(struct proxy *proxy, const struct conf *conf);

/* Adds what one worker counts. */
void
totals_add(struct totals *sum, const struct totals *totals);

/* One log line with all counters, and one for each farm. */
void
totals_log(const struct totals *totals, const struct conf *conf);

#endif
