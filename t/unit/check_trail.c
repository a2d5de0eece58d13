/* SPDX-License-Identifier: ISC */
#include "route/trail.h"

#include "unit/unit.h"

static struct handle
handle(uint32_t place)
{
    return (struct handle){place, 7};
}

START_TEST(the_first_part_leaves_a_trail_for_the_others)
{
    struct trail trail;

    trail_init(&trail, 1000);
    ck_assert_uint_eq(trail_find(&trail, 5, 0).generation, 0);
    trail_put(&trail, 5, handle(3), 0);
    trail_put(&trail, 6, handle(4), 0);
    ck_assert(handle_equal(trail_find(&trail, 5, 999), handle(3)));
    ck_assert(handle_equal(trail_find(&trail, 6, 999), handle(4)));
    ck_assert_uint_eq(trail_find(&trail, 7, 999).generation, 0);
    trail_fini(&trail);
}
END_TEST

START_TEST(it_is_forgotten_some_time_after_the_last_part)
{
    struct trail trail;

    trail_init(&trail, 1000);
    trail_put(&trail, 5, handle(3), 0);
    trail_put(&trail, 5, handle(3), 900);
    ck_assert(handle_equal(trail_find(&trail, 5, 1899), handle(3)));
    ck_assert_uint_eq(trail_find(&trail, 5, 1900).generation, 0);
    trail_fini(&trail);
}
END_TEST

START_TEST(it_may_lead_elsewhere_later)
{
    struct trail trail;

    trail_init(&trail, 1000);
    trail_put(&trail, 5, handle(3), 0);
    trail_put(&trail, 5, handle(9), 1);
    ck_assert(handle_equal(trail_find(&trail, 5, 2), handle(9)));
    trail_fini(&trail);
}
END_TEST

START_TEST(of_too_many_the_oldest_goes)
{
    const uint64_t row = (uint64_t)1 << 32;     /* keys that meet in one row */
    struct trail trail;
    uint32_t i, known = 0;

    trail_init(&trail, 100000);
    for (i = 1; i <= 100; i++)
        trail_put(&trail, i * row, handle(i), i);
    for (i = 1; i <= 100; i++)
        known += trail_find(&trail, i * row, 100).generation != 0;
    ck_assert_uint_eq(known, 4);
    for (i = 97; i <= 100; i++)
        ck_assert(handle_equal(trail_find(&trail, i * row, 100), handle(i)));
    trail_fini(&trail);
}
END_TEST

UNIT_MAIN("trail", the_first_part_leaves_a_trail_for_the_others,
          it_is_forgotten_some_time_after_the_last_part, it_may_lead_elsewhere_later,
          of_too_many_the_oldest_goes)
