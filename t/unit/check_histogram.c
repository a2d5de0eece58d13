/* SPDX-License-Identifier: ISC */
/* Durations by buckets: to within an eighth, and exact at each power of two. */
#include "base/histogram.h"
#include "unit/unit.h"

static struct histogram histogram;

START_TEST(every_value_is_found_to_within_an_eighth)
{
    uint64_t value, found;

    for (value = 1; value < 1ULL << HISTOGRAM_MAX_BITS; value += value / 97 + 1) {
        memset(&histogram, 0, sizeof(histogram));
        histogram_record(&histogram, value);
        found = histogram_quantile(&histogram, 0.5);
        ck_assert_msg(found >= value && found <= value + value / 8 + 1, "%llu: %llu",
                      (unsigned long long)value, (unsigned long long)found);
    }
}
END_TEST

START_TEST(powers_of_two_are_borders)
{
    unsigned bits;

    memset(&histogram, 0, sizeof(histogram));
    for (bits = HISTOGRAM_STEPS_BITS; bits < HISTOGRAM_MAX_BITS; bits++) {
        histogram_record(&histogram, 1ULL << bits);
        histogram_record(&histogram, (1ULL << bits) + 1);
    }
    for (bits = HISTOGRAM_STEPS_BITS; bits < HISTOGRAM_MAX_BITS; bits++)
        ck_assert_uint_eq(histogram_count_to(&histogram, bits),
                          2 * (bits - HISTOGRAM_STEPS_BITS) + 1);
}
END_TEST

START_TEST(nothing_and_too_much_have_a_place)
{
    memset(&histogram, 0, sizeof(histogram));
    ck_assert_uint_eq(histogram_quantile(&histogram, 0.99), 0);
    histogram_record(&histogram, 0);
    histogram_record(&histogram, UINT64_MAX / 2);
    ck_assert_uint_eq(histogram_count(&histogram), 2);
    ck_assert_uint_eq(histogram_count_to(&histogram, HISTOGRAM_STEPS_BITS), 1);
    ck_assert_uint_eq(histogram_quantile(&histogram, 1), 1ULL << HISTOGRAM_MAX_BITS);
}
END_TEST

START_TEST(what_is_taken_away_leaves_the_rest)
{
    static struct histogram before, now;
    uint32_t seed = 7;
    unsigned i;

    for (i = 0; i < 1000; i++)
        histogram_record(&before, unit_random(&seed) % 100000);
    now = before;
    for (i = 0; i < 100; i++)
        histogram_record(&now, 5000);
    histogram_subtract(&now, &before);
    ck_assert_uint_eq(histogram_count(&now), 100);
    ck_assert_uint_eq(now.sum, 500000);
    ck_assert_uint_eq(histogram_quantile(&now, 0.01), histogram_quantile(&now, 1));
    histogram_add(&now, &before);
    ck_assert_uint_eq(histogram_count(&now), 1100);
}
END_TEST

UNIT_MAIN("histogram", every_value_is_found_to_within_an_eighth, powers_of_two_are_borders,
          nothing_and_too_much_have_a_place, what_is_taken_away_leaves_the_rest)
