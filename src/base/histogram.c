/* SPDX-License-Identifier: ISC */
#include "base/histogram.h"

#include "base/ensure.h"

/* The largest value of a bucket. */
static uint64_t
top_of(unsigned bucket)
{
    unsigned shift;

    if (bucket < 2 * HISTOGRAM_STEPS)
        return bucket + 1;
    shift = bucket / HISTOGRAM_STEPS - 1;
    return (uint64_t)(bucket - shift * HISTOGRAM_STEPS + 1) << shift;
}

void
histogram_add(struct histogram *histogram, const struct histogram *other)
{
    unsigned i;

    histogram->sum += other->sum;
    for (i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram->buckets[i] += other->buckets[i];
}

void
histogram_subtract(struct histogram *histogram, const struct histogram *other)
{
    unsigned i;

    histogram->sum -= other->sum;
    for (i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram->buckets[i] -= other->buckets[i];
}

uint64_t
histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    unsigned i;

    for (i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += histogram->buckets[i];
    return count;
}

uint64_t
histogram_count_to(const struct histogram *histogram, unsigned bits)
{
    uint64_t count = 0;
    unsigned i, last;

    ensure(bits >= HISTOGRAM_STEPS_BITS && bits <= HISTOGRAM_MAX_BITS);
    last = histogram_bucket(1ULL << bits);
    for (i = 0; i <= last; i++)
        count += histogram->buckets[i];
    return count;
}

uint64_t
histogram_quantile(const struct histogram *histogram, double q)
{
    uint64_t count = histogram_count(histogram), seen = 0, wanted;
    double exact = q * (double)count;
    unsigned i;

    if (count == 0)
        return 0;
    wanted = (uint64_t)exact;
    if ((double)wanted < exact || wanted == 0)
        wanted++;
    for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted)
            break;
    }
    return top_of(i);
}
