/* SPDX-License-Identifier: ISC */
#include "route/rate.h"

#include "unit/unit.h"

#define SECOND 1000000

/* How many of `tries` may pass at this instant. */
static uint32_t
pass(struct rate *rate, uint32_t per_second, uint64_t now_us, uint32_t tries)
{
    uint32_t passed = 0;

    while (tries-- > 0)
        passed += rate_take(rate, per_second, now_us);
    return passed;
}

START_TEST(a_seconds_worth_passes_at_once_and_no_more)
{
    struct rate rate = {0};

    ck_assert_uint_eq(pass(&rate, 100, 5 * SECOND, 1000), 100);
}
END_TEST

START_TEST(over_time_it_is_the_rate)
{
    struct rate rate = {0};
    uint32_t passed = 0, ms;

    for (ms = 1; ms <= 10000; ms++)
        passed += pass(&rate, 100, (uint64_t)ms * 1000, 3);
    ck_assert_uint_ge(passed, 1098);
    ck_assert_uint_le(passed, 1100);
}
END_TEST

START_TEST(what_was_not_used_is_kept_for_a_second_only)
{
    struct rate rate = {0};

    ck_assert_uint_eq(pass(&rate, 10, SECOND, 10), 10);
    ck_assert_uint_eq(pass(&rate, 10, 500 * (uint64_t)SECOND, 1000), 10);
}
END_TEST

START_TEST(the_wait_tells_when_the_next_passes)
{
    struct rate rate = {0};
    uint64_t now = SECOND;

    ck_assert_uint_eq(pass(&rate, 3, now, 100), 3);
    now += rate_wait_us(&rate, 3);
    ck_assert_uint_eq(pass(&rate, 3, now - 2, 100), 0);
    ck_assert_uint_eq(pass(&rate, 3, now, 100), 1);
}
END_TEST

START_TEST(what_is_owed_is_made_up_for_and_bounded)
{
    struct rate rate = {0};
    uint64_t now = SECOND;
    uint32_t i;

    ck_assert_uint_eq(pass(&rate, 10, now, 10), 10);
    for (i = 0; i < 1000; i++)
        rate_owe(&rate, 10, now);
    ck_assert_uint_eq(pass(&rate, 10, now + SECOND / 2, 100), 0);
    ck_assert_uint_eq(pass(&rate, 10, now + SECOND + SECOND / 2, 100), 5);
}
END_TEST

UNIT_MAIN("rate", a_seconds_worth_passes_at_once_and_no_more, over_time_it_is_the_rate,
          what_was_not_used_is_kept_for_a_second_only, the_wait_tells_when_the_next_passes,
          what_is_owed_is_made_up_for_and_bounded)
