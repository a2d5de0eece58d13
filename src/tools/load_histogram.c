/* SPDX-License-Identifier: ISC */
#include "tools/load_histogram.h"

#include <string.h>

#define LINEAR 2048     /* values below have a bucket each */
#define STEPS 1024      /* buckets of a doubling */
#define STEPS_BITS 10

static unsigned
bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < LINEAR)
        return (unsigned)value;
    shift = 63 - (unsigned)__builtin_clzll(value) - STEPS_BITS;
    return shift * STEPS + (unsigned)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t
top_of(unsigned bucket)
{
    unsigned shift;

    if (bucket < LINEAR)
        return bucket;
    shift = bucket / STEPS - 1;
    return ((uint64_t)(bucket - shift * STEPS + 1) << shift) - 1;
}

void
load_histogram_clear(struct load_histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
}

void
load_histogram_record(struct load_histogram *histogram, uint64_t value)
{
    if (value > LOAD_HISTOGRAM_MAX)
        value = LOAD_HISTOGRAM_MAX;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
}

void
load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other)
{
    unsigned i, last = bucket_of(other->max);

    if (other->count == 0)
        return;
    if (histogram->count == 0 || other->min < histogram->min)
        histogram->min = other->min;
    if (other->max > histogram->max)
        histogram->max = other->max;
    histogram->count += other->count;
    for (i = bucket_of(other->min); i <= last; i++)
        histogram->buckets[i] += other->buckets[i];
}

uint64_t
load_histogram_quantile(const struct load_histogram *histogram, double q)
{
    double exact = q * (double)histogram->count;
    uint64_t wanted = (uint64_t)exact, seen = 0;
    unsigned i;

    if ((double)wanted < exact || wanted == 0)
        wanted++;
    for (i = 0; i < LOAD_HISTOGRAM_BUCKETS && histogram->count > 0; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted)
            return top_of(i) < histogram->max ? top_of(i) : histogram->max;
    }
    return histogram->max;
}
