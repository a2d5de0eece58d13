/* SPDX-License-Identifier: ISC */
#include "tools/load_histogram.h"

#include "unit/unit.h"

static struct load_histogram histogram, other;

START_TEST(without_values_every_quantile_is_0)
{
    load_histogram_clear(&histogram);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.5), 0);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 1), 0);
}
END_TEST

START_TEST(small_values_are_exact)
{
    uint64_t i;

    load_histogram_clear(&histogram);
    for (i = 1; i <= 1000; i++)
        load_histogram_record(&histogram, i);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.5), 500);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.99), 990);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.999), 999);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0), 1);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 1), 1000);
    ck_assert_uint_eq(histogram.min, 1);
    ck_assert_uint_eq(histogram.max, 1000);
}
END_TEST

START_TEST(large_values_are_right_to_a_thousandth)
{
    uint64_t value, got;

    for (value = 1; value < LOAD_HISTOGRAM_MAX / 2; value = value * 17 / 16 + 1) {
        load_histogram_clear(&histogram);
        load_histogram_record(&histogram, value);
        load_histogram_record(&histogram, LOAD_HISTOGRAM_MAX);
        got = load_histogram_quantile(&histogram, 0.5);
        ck_assert_uint_ge(got, value);
        ck_assert_uint_le(got - value, value / 1000);
    }
}
END_TEST

START_TEST(what_is_too_large_counts_as_the_largest)
{
    load_histogram_clear(&histogram);
    load_histogram_record(&histogram, UINT64_MAX);
    ck_assert_uint_eq(histogram.count, 1);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.5), LOAD_HISTOGRAM_MAX);
}
END_TEST

START_TEST(the_sum_of_two_is_as_if_all_went_into_one)
{
    uint64_t i;

    load_histogram_clear(&histogram);
    load_histogram_clear(&other);
    load_histogram_add(&histogram, &other);
    ck_assert_uint_eq(histogram.count, 0);
    for (i = 1; i <= 500; i++)
        load_histogram_record(&histogram, i);
    for (i = 501; i <= 1000; i++)
        load_histogram_record(&other, i);
    load_histogram_add(&histogram, &other);
    ck_assert_uint_eq(histogram.count, 1000);
    ck_assert_uint_eq(load_histogram_quantile(&histogram, 0.9), 900);
    ck_assert_uint_eq(histogram.min, 1);
    ck_assert_uint_eq(histogram.max, 1000);
}
END_TEST

UNIT_MAIN("load_histogram", without_values_every_quantile_is_0, small_values_are_exact,
          large_values_are_right_to_a_thousandth, what_is_too_large_counts_as_the_largest,
          the_sum_of_two_is_as_if_all_went_into_one)
