/* SPDX-License-Identifier: ISC */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

/*
 * How long things took, in microseconds, to within an eighth: up to 16 every value has
 * a bucket of its own, above that each doubling has 8. A bucket ends with the
 * largest value that it takes, so that those of each power of two add up exactly.
 * Recording is an addition in two places and neither divides nor branches much.
 */
#define HISTOGRAM_STEPS_BITS 3
#define HISTOGRAM_STEPS (1U << HISTOGRAM_STEPS_BITS)
#define HISTOGRAM_MAX_BITS 28       /* 268 s; what took longer counts as that */
#define HISTOGRAM_BUCKETS ((HISTOGRAM_MAX_BITS - HISTOGRAM_STEPS_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
    uint64_t sum;                   /* of all values, exact */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline unsigned
histogram_bucket(uint64_t us)
{
    uint64_t value = us > 0 ? us - 1 : 0;
    unsigned shift;

    if (value >> HISTOGRAM_MAX_BITS != 0)
        return HISTOGRAM_BUCKETS - 1;
    if (value < 2 * HISTOGRAM_STEPS)
        return (unsigned)value;
    shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_STEPS_BITS;
    return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

static inline void
histogram_record(struct histogram *histogram, uint64_t us)
{
    histogram->sum += us;
    histogram->buckets[histogram_bucket(us)]++;
}

void
histogram_add(struct histogram *histogram, const struct histogram *other);

/* Takes away what `other`, an earlier state of the same, had recorded. */
void
histogram_subtract(struct histogram *histogram, const struct histogram *other);

/* How many values were recorded. */
uint64_t
histogram_count(const struct histogram *histogram);

/* How many of them are at most 2^bits microseconds; bits from HISTOGRAM_STEPS_BITS to
 * HISTOGRAM_MAX_BITS. */
uint64_t
histogram_count_to(const struct histogram *histogram, unsigned bits);

/* Microseconds that a share `q` (0 to 1) of all values does not exceed, to within an
 * eighth; 0 without any. */
uint64_t
histogram_quantile(const struct histogram *histogram, double q);

#endif
