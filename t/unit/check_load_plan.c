/* SPDX-License-Identifier: ISC */
#include "tools/load_plan.h"

#include "unit/unit.h"

static struct load_options
options_for(uint64_t messages)
{
    return (struct load_options){
        .n_accounts = 2, .messages = messages, .destinations = 100, .parts_min = 2,
        .parts_max = 10, .kinds = {CONCAT_UDH8}, .n_kinds = 1,
    };
}

START_TEST(exactly_as_many_parts_come_as_were_asked_for)
{
    struct load_options options = options_for(1001);
    struct load_part parts[LOAD_PARTS_MAX];
    struct load_plan plan;
    uint64_t seen = 0;
    unsigned n, i;

    options.long_percent = 50;
    ck_assert(load_plan_init(&plan, &options));
    while ((n = load_plan_next(&plan, 0, 1, parts)) > 0)
        for (i = 0; i < n; i++) {
            ck_assert_uint_eq(parts[i].number, seen++);
            ck_assert_uint_eq(parts[i].total, n);
            ck_assert_uint_eq(parts[i].part, i + 1);
        }
    ck_assert_uint_eq(seen, 1001);
    ck_assert(load_plan_is_done(&plan, 1));
    load_plan_fini(&plan);
}
END_TEST

START_TEST(an_unfinished_message_lacks_its_last_part)
{
    struct load_options options = options_for(1001);
    struct load_part parts[LOAD_PARTS_MAX];
    struct load_plan plan;
    unsigned n, i, seen = 0;

    options.long_percent = 100;
    options.parts_min = options.parts_max = 3;
    options.unfinished_percent = 100;
    ck_assert(load_plan_init(&plan, &options));
    while ((n = load_plan_next(&plan, 0, 1, parts)) > 0) {
        ck_assert_uint_eq(n, seen < 1000 ? 2 : 1);
        for (i = 0; i < n; i++) {
            ck_assert_uint_eq(parts[i].number, seen++);
            ck_assert_uint_eq(parts[i].total, 3);
            ck_assert_uint_eq(parts[i].part, i + 1);
        }
    }
    ck_assert_uint_eq(seen, 1001);
    load_plan_fini(&plan);
}
END_TEST

START_TEST(of_half_of_the_messages_the_last_part_is_missing)
{
    struct load_options options = options_for(100000);
    struct load_part parts[LOAD_PARTS_MAX];
    unsigned n, whole = 0, lacking = 0;
    struct load_plan plan;

    options.long_percent = 100;
    options.parts_min = options.parts_max = 4;
    options.unfinished_percent = 50;
    ck_assert(load_plan_init(&plan, &options));
    while ((n = load_plan_next(&plan, 0, 1, parts)) > 0)
        if (n == 4)
            whole++;
        else
            lacking++;
    ck_assert_uint_gt(whole, lacking / 10 * 9);
    ck_assert_uint_gt(lacking, whole / 10 * 9);
    load_plan_fini(&plan);
}
END_TEST

START_TEST(reference_and_destination_come_round_together_late)
{
    static bool seen[256][100];
    struct load_options options = options_for(UINT64_MAX);
    struct load_part parts[LOAD_PARTS_MAX];
    struct load_plan plan;
    int i;

    options.long_percent = 100;
    ck_assert(load_plan_init(&plan, &options));
    for (i = 0; i < 256 * 50; i++) {
        ck_assert_uint_ge(load_plan_next(&plan, 1, 1, parts), 2);
        ck_assert(!seen[parts[0].reference][parts[0].destination]);
        seen[parts[0].reference][parts[0].destination] = true;
    }
    load_plan_fini(&plan);
}
END_TEST

START_TEST(shuffled_parts_are_all_there)
{
    struct load_options options = options_for(UINT64_MAX);
    struct load_part parts[LOAD_PARTS_MAX];
    bool seen[LOAD_PARTS_MAX + 1] = {false}, in_order = true;
    struct load_plan plan;
    unsigned i;

    options.long_percent = 100;
    options.shuffle = true;
    options.parts_min = options.parts_max = LOAD_PARTS_MAX;
    ck_assert(load_plan_init(&plan, &options));
    ck_assert_uint_eq(load_plan_next(&plan, 0, 1, parts), LOAD_PARTS_MAX);
    for (i = 0; i < LOAD_PARTS_MAX; i++) {
        ck_assert(!seen[parts[i].part]);
        seen[parts[i].part] = true;
        in_order = in_order && parts[i].part == i + 1;
    }
    ck_assert(!in_order);
    load_plan_fini(&plan);
}
END_TEST

START_TEST(an_open_loop_gives_what_is_due_and_says_since_when)
{
    struct load_options options = options_for(UINT64_MAX);
    struct load_part parts[LOAD_PARTS_MAX];
    struct load_plan plan;

    options.rate = 1000;
    ck_assert(load_plan_init(&plan, &options));
    load_plan_start(&plan, 5000000);
    ck_assert_uint_eq(load_plan_next(&plan, 0, 5000000, parts), 1);
    ck_assert_uint_eq(load_plan_next(&plan, 0, 5999999, parts), 0);
    ck_assert_uint_eq(load_plan_due(&plan, 5999999), 6000000);
    ck_assert_uint_eq(load_plan_next(&plan, 0, 9000000, parts), 1);
    ck_assert_uint_eq(parts[0].due_ns, 6000000);
    load_plan_fini(&plan);
}
END_TEST

START_TEST(nothing_is_due_after_the_duration)
{
    struct load_options options = options_for(UINT64_MAX);
    struct load_part parts[LOAD_PARTS_MAX];
    struct load_plan plan;

    options.duration_ms = 10;
    ck_assert(load_plan_init(&plan, &options));
    load_plan_start(&plan, 1);
    ck_assert_uint_eq(load_plan_next(&plan, 0, 10000000, parts), 1);
    ck_assert_uint_eq(load_plan_next(&plan, 0, 10000001, parts), 0);
    ck_assert(load_plan_is_done(&plan, 10000001));
    load_plan_fini(&plan);
}
END_TEST

UNIT_MAIN("load_plan", exactly_as_many_parts_come_as_were_asked_for,
          an_unfinished_message_lacks_its_last_part,
          of_half_of_the_messages_the_last_part_is_missing,
          reference_and_destination_come_round_together_late, shuffled_parts_are_all_there,
          an_open_loop_gives_what_is_due_and_says_since_when, nothing_is_due_after_the_duration)
