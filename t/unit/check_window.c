/* SPDX-License-Identifier: ISC */
#include "route/window.h"

#include "unit/unit.h"

#define NUMBER_MAX 0x7FFFFFFFU

static struct window window;

static uint32_t
add(void)
{
    struct pending *pending = window_add(&window);

    ck_assert_ptr_nonnull(pending);
    return pending->number;
}

static void
take(uint32_t number, enum window_door door)
{
    struct pending *pending = window_find(&window, number);

    ck_assert_ptr_nonnull(pending);
    window_take(&window, pending, door);
}

START_TEST(numbers_grow_by_one)
{
    uint32_t i;

    window_init(&window, 100, 1000);
    for (i = 0; i < 100; i++)
        ck_assert_uint_eq(add(), 1000 + i);
    for (i = 0; i < 100; i++)
        take(1000 + i, WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

START_TEST(after_the_largest_number_comes_one)
{
    window_init(&window, 10, NUMBER_MAX - 1);
    ck_assert_uint_eq(add(), NUMBER_MAX - 1);
    ck_assert_uint_eq(add(), NUMBER_MAX);
    ck_assert_uint_eq(add(), 1);
    ck_assert_uint_eq(add(), 2);
    take(1, WINDOW_ANSWERED);
    take(NUMBER_MAX, WINDOW_ANSWERED);
    take(NUMBER_MAX - 1, WINDOW_ANSWERED);
    take(2, WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

START_TEST(a_first_number_beyond_the_range_is_brought_into_it)
{
    window_init(&window, 10, 0x80000000U);
    ck_assert_uint_eq(add(), 1);
    take(1, WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

START_TEST(no_more_than_the_limit_is_open)
{
    uint32_t number;

    window_init(&window, 3, 5);
    number = add();
    add();
    add();
    ck_assert(window_is_full(&window));
    ck_assert_ptr_null(window_add(&window));
    take(number, WINDOW_ANSWERED);
    ck_assert_uint_eq(add(), 8);
    take(6, WINDOW_ANSWERED);
    take(7, WINDOW_ANSWERED);
    take(8, WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

START_TEST(a_stale_answer_finds_nothing)
{
    uint32_t old, i;

    window_init(&window, 4, 1);
    old = add();
    take(old, WINDOW_ANSWERED);
    ck_assert_ptr_null(window_find(&window, old));
    for (i = 0; i < 1000; i++) {
        take(add(), WINDOW_ANSWERED);
        ck_assert_ptr_null(window_find(&window, old));
    }
    ck_assert_ptr_null(window_find(&window, 0));
    ck_assert_ptr_null(window_find(&window, 0x80000000U));
    ck_assert_ptr_null(window_find(&window, UINT32_MAX));
    window_fini(&window);
}
END_TEST

START_TEST(a_number_that_is_still_open_is_passed_over)
{
    uint32_t stuck, number, i;

    window_init(&window, 8, 1);
    stuck = add();
    for (i = 0; i < 100000; i++) {
        number = add();
        ck_assert_uint_ne(number, stuck);
        take(number, WINDOW_ANSWERED);
    }
    ck_assert_uint_eq(window_find(&window, stuck)->number, stuck);
    ck_assert_ptr_eq(window_oldest(&window), window_find(&window, stuck));
    take(stuck, WINDOW_EXPIRED);
    window_fini(&window);
}
END_TEST

START_TEST(pendings_keep_their_numbers_when_the_window_grows)
{
    uint32_t numbers[1000], i;

    window_init(&window, 1000, NUMBER_MAX - 500);
    for (i = 0; i < 1000; i++) {
        numbers[i] = add();
        window_find(&window, numbers[i])->their_number = i;
    }
    for (i = 0; i < 1000; i++) {
        ck_assert_uint_eq(window_find(&window, numbers[i])->their_number, i);
        take(numbers[i], WINDOW_ANSWERED);
    }
    window_fini(&window);
}
END_TEST

START_TEST(every_pending_leaves_by_one_counted_door)
{
    unsigned door;

    window_init(&window, 10, 1);
    for (door = 0; door < WINDOW_DOORS; door++)
        take(add(), (enum window_door)door);
    ck_assert_uint_eq(window.opened, WINDOW_DOORS);
    for (door = 0; door < WINDOW_DOORS; door++)
        ck_assert_uint_eq(window.left[door], 1);
    window_fini(&window);
}
END_TEST

START_TEST(a_lost_conns_pendings_line_up_oldest_first)
{
    uint32_t numbers[300], n, i;

    window_init(&window, 1000, NUMBER_MAX - 100);
    for (i = 0; i < 300; i++)
        numbers[i] = add();
    for (i = 0; i < 300; i += 3)
        take(numbers[i], WINDOW_ANSWERED);
    n = window_line_up(&window);
    ck_assert_uint_eq(n, 200);
    for (i = 0; i < n; i++) {
        ck_assert_uint_eq(window.places[i].number, numbers[i / 2 * 3 + i % 2 + 1]);
        window_take(&window, &window.places[i], WINDOW_FAILED_OVER);
    }
    take(add(), WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

START_TEST(a_number_of_our_own_is_not_given_twice)
{
    uint32_t own;

    window_init(&window, 10, NUMBER_MAX);
    own = window_number(&window);
    ck_assert_uint_eq(own, NUMBER_MAX);
    ck_assert_uint_eq(add(), 1);
    ck_assert_ptr_null(window_find(&window, own));
    take(1, WINDOW_ANSWERED);
    window_fini(&window);
}
END_TEST

UNIT_MAIN("window", numbers_grow_by_one, after_the_largest_number_comes_one,
          a_first_number_beyond_the_range_is_brought_into_it, no_more_than_the_limit_is_open,
          a_stale_answer_finds_nothing, a_number_that_is_still_open_is_passed_over,
          pendings_keep_their_numbers_when_the_window_grows,
          every_pending_leaves_by_one_counted_door, a_lost_conns_pendings_line_up_oldest_first,
          a_number_of_our_own_is_not_given_twice)
