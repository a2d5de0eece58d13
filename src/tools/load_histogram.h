/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_HISTOGRAM_H
#define TOOLS_LOAD_HISTOGRAM_H

#include <stdint.h>

/*
 * How often each duration occurred, to within a thousandth: up to 2047 every
 * value has a bucket of its own, above that each doubling has 1024.
 */
#define LOAD_HISTOGRAM_BUCKETS 35840
#define LOAD_HISTOGRAM_MAX (((uint64_t)1 << 44) - 1)    /* more counts as this; in ns: 4.8 h */

struct load_histogram {
    uint64_t count;
    uint64_t min;
    uint64_t max;
    uint64_t buckets[LOAD_HISTOGRAM_BUCKETS];
};

void
load_histogram_clear(struct load_histogram *histogram);

void
load_histogram_record(struct load_histogram *histogram, uint64_t value);

/* Adds what `other` has recorded. */
void
load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other);

/* The least value that a share `q` (0 to 1) of all doesn't exceed; 0 without any. */
uint64_t
load_histogram_quantile(const struct load_histogram *histogram, double q);

#endif
