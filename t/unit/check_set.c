/* SPDX-License-Identifier: ISC */
/* The sets of long messages: what belongs together, how long, and how many. */
#include "route/set.h"

#include "unit/unit.h"

#define TTL 1000
#define LINGER 100

static struct set_table table;

static void
start(uint32_t max)
{
    set_table_init(&table, max, TTL, LINGER);
}

static set_id
join_as(uint64_t account, const char *addresses, struct concat concat, uint64_t now_ms)
{
    struct message message = {
        .addresses = {(const uint8_t *)addresses, strlen(addresses)},
    };
    set_id set = set_join(&table, set_key(&table, account, &message, &concat), concat.total,
                          now_ms);

    ck_assert_uint_ne(set, SET_NONE);
    return set;
}

static set_id
join(uint16_t reference, uint8_t total, uint8_t part, uint64_t now_ms)
{
    return join_as(1, "from to", (struct concat){CONCAT_UDH8, reference, total, part}, now_ms);
}

/*
 * Ends it. Nothing refers to a set by then: once all are forgotten each place can be
 * had again, and no other is used.
 */
static void
stop(void)
{
    uint64_t later = (uint64_t)1 << 40, evicted = table.evicted;
    uint32_t places = table.fresh, i;

    while (set_expire(&table, later) != UINT64_MAX)
        later *= 2;
    ck_assert_uint_eq(table.count, 0);
    for (i = 1; i < places; i++)
        set_leave(&table, join((uint16_t)i, 200, 1, later));
    ck_assert_uint_eq(table.fresh, places);
    ck_assert_uint_eq(table.evicted, evicted);
    set_table_fini(&table);
    ck_assert_ptr_null(table.sets);
}

START_TEST(parts_of_one_message_meet_in_one_set)
{
    set_id set;

    start(10);
    set = join(7, 3, 2, 0);
    ck_assert_uint_eq(set_node(&table, set), SET_NO_NODE);
    set_put_node(&table, set, 4);
    ck_assert_uint_eq(join(7, 3, 3, 1), set);
    ck_assert_uint_eq(join(7, 3, 1, 2), set);
    ck_assert_uint_eq(set_node(&table, set), 4);
    ck_assert_uint_eq(table.begun, 1);
    set_leave(&table, set);
    set_leave(&table, set);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(what_differs_in_anything_of_the_key_is_another_set)
{
    static const struct concat one = {CONCAT_UDH8, 7, 3, 1};
    set_id sets[7];
    size_t i, j;

    start(10);
    sets[0] = join_as(1, "from to", one, 0);
    sets[1] = join_as(2, "from to", one, 0);
    sets[2] = join_as(1, "from tp", one, 0);
    sets[3] = join_as(1, "from to2", one, 0);
    sets[4] = join_as(1, "from to", (struct concat){CONCAT_UDH16, 7, 3, 1}, 0);
    sets[5] = join_as(1, "from to", (struct concat){CONCAT_UDH8, 8, 3, 1}, 0);
    sets[6] = join_as(1, "from to", (struct concat){CONCAT_UDH8, 7, 4, 1}, 0);
    for (i = 0; i < 7; i++) {
        for (j = 0; j < i; j++)
            ck_assert_uint_ne(sets[i], sets[j]);
        set_leave(&table, sets[i]);
    }
    ck_assert_uint_eq(table.count, 7);
    stop();
}
END_TEST

START_TEST(a_set_is_forgotten_ttl_after_its_last_part)
{
    set_id set;

    start(10);
    set = join(1, 2, 1, 0);
    set_put_node(&table, set, 3);
    set_leave(&table, set);
    ck_assert_uint_eq(join(1, 2, 2, TTL - 1), set);
    set_leave(&table, set);
    set_expire(&table, 2 * TTL - 2);
    ck_assert_uint_eq(join(1, 2, 2, 2 * TTL - 2), set);
    set_leave(&table, set);
    set = join(1, 2, 2, 3 * TTL - 2);
    ck_assert_uint_eq(set_node(&table, set), SET_NO_NODE);
    ck_assert_uint_eq(table.expired, 1);
    set_leave(&table, set);
    ck_assert_uint_ne(set_expire(&table, 4 * TTL - 3), UINT64_MAX);
    ck_assert_uint_eq(set_expire(&table, 4 * TTL - 2), UINT64_MAX);
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(table.expired, 2);
    stop();
}
END_TEST

/* Takes part 1 and 2 of two. */
static set_id
finish(uint16_t reference, uint64_t now_ms)
{
    set_id set = join(reference, 2, 1, now_ms);

    ck_assert_uint_eq(join(reference, 2, 2, now_ms), set);
    set_accept(&table, set, 2, now_ms);
    ck_assert_uint_eq(table.finished.first, SET_NONE);
    set_accept(&table, set, 1, now_ms);
    ck_assert_uint_eq(table.finished.first, set);
    set_leave(&table, set);
    set_leave(&table, set);
    return set;
}

START_TEST(a_finished_set_lingers_and_is_not_counted_as_expired)
{
    start(10);
    finish(1, 50);
    ck_assert_uint_eq(set_expire(&table, 50 + LINGER - 1), 50 + LINGER);
    ck_assert_uint_eq(table.count, 1);
    ck_assert_uint_eq(set_expire(&table, 50 + LINGER), UINT64_MAX);
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(table.expired, 0);
    stop();
}
END_TEST

START_TEST(a_part_accepted_twice_counts_once)
{
    set_id set;

    start(10);
    set = join(1, 3, 1, 0);
    set_accept(&table, set, 1, 0);
    set_accept(&table, set, 1, 0);
    set_accept(&table, set, 1, 0);
    ck_assert_uint_eq(table.finished.first, SET_NONE);
    set_accept(&table, set, 3, 0);
    set_accept(&table, set, 2, 0);
    ck_assert_uint_eq(table.finished.first, set);
    set_accept(&table, set, 2, 0);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(all_64_parts_finish_a_set)
{
    set_id set;
    unsigned part;

    start(10);
    set = join(1, 64, 1, 0);
    for (part = 64; part >= 1; part--) {
        ck_assert_uint_eq(table.finished.first, SET_NONE);
        set_accept(&table, set, (uint8_t)part, 0);
    }
    ck_assert_uint_eq(table.finished.first, set);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(a_set_of_255_parts_is_kept_until_it_expires)
{
    set_id set;
    unsigned part;

    start(10);
    set = join(1, 255, 1, 0);
    for (part = 255; part >= 1; part--)
        set_accept(&table, set, (uint8_t)part, 0);
    ck_assert_uint_eq(table.finished.first, SET_NONE);
    ck_assert_uint_eq(join(1, 255, 7, TTL - 1), set);
    set_leave(&table, set);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(a_part_sent_again_while_it_lingers_follows_its_set)
{
    set_id set;

    start(10);
    set = finish(1, 0);
    ck_assert_uint_eq(join(1, 2, 2, LINGER - 1), set);
    set_leave(&table, set);
    stop();
}
END_TEST

/* Clients exist whose reference is always the same. */
START_TEST(a_message_that_begins_in_a_lingering_set_is_not_parted_by_its_end)
{
    set_id set;

    start(10);
    set = finish(1, 0);
    set_put_node(&table, set, 5);
    ck_assert_uint_eq(join(1, 2, 1, LINGER - 1), set);
    set_accept(&table, set, 1, LINGER - 1);
    ck_assert_uint_eq(join(1, 2, 2, LINGER + TTL - 2), set);
    ck_assert_uint_eq(set_node(&table, set), 5);
    set_accept(&table, set, 2, LINGER + TTL - 2);
    ck_assert_uint_eq(table.finished.first, set);
    set_leave(&table, set);
    set_leave(&table, set);
    ck_assert_uint_eq(set_expire(&table, 2 * LINGER + TTL - 2), UINT64_MAX);
    stop();
}
END_TEST

START_TEST(a_full_table_forgets_the_oldest)
{
    set_id set;
    uint16_t i;

    start(3);
    for (i = 0; i < 4; i++) {
        set = join(i, 2, 1, i);
        set_put_node(&table, set, i);
        set_leave(&table, set);
    }
    ck_assert_uint_eq(table.count, 3);
    ck_assert_uint_eq(table.evicted, 1);
    for (i = 1; i < 4; i++) {
        set = join(i, 2, 1, 10);
        ck_assert_uint_eq(set_node(&table, set), i);
        set_leave(&table, set);
    }
    set = join(0, 2, 1, 10);
    ck_assert_uint_eq(set_node(&table, set), SET_NO_NODE);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(the_oldest_is_the_one_without_parts_for_longest)
{
    set_id first, again;

    start(2);
    first = join(0, 2, 1, 0);
    set_put_node(&table, first, 9);
    set_leave(&table, first);
    set_leave(&table, join(1, 2, 1, 1));
    set_leave(&table, join(0, 2, 1, 2));
    set_leave(&table, join(2, 2, 1, 3));
    again = join(0, 2, 2, 4);
    ck_assert_uint_eq(set_node(&table, again), 9);
    set_leave(&table, again);
    stop();
}
END_TEST

START_TEST(a_finished_set_goes_before_one_that_is_not)
{
    set_id set;

    start(2);
    set = join(0, 2, 1, 0);
    set_put_node(&table, set, 9);
    set_leave(&table, set);
    finish(1, 1);
    set_leave(&table, join(2, 2, 1, 2));
    ck_assert_uint_eq(table.evicted, 1);
    set = join(0, 2, 2, 3);
    ck_assert_uint_eq(set_node(&table, set), 9);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(a_set_that_requests_refer_to_outlives_its_place_in_the_table)
{
    static const struct concat concat = {CONCAT_UDH8, 1, 2, 1};
    struct message message = {.addresses = {(const uint8_t *)"from to", 7}};
    set_id old;

    start(1);
    old = join(0, 2, 1, 0);
    set_put_node(&table, old, 3);
    /* There is no place for another, and the old one is forgotten. */
    ck_assert_uint_eq(set_join(&table, set_key(&table, 1, &message, &concat), 2, 0), SET_NONE);
    ck_assert_uint_eq(table.count, 0);
    /* Its requests still find their node, and may be accepted. */
    ck_assert_uint_eq(set_node(&table, old), 3);
    set_accept(&table, old, 1, 1);
    set_accept(&table, old, 2, 1);
    ck_assert_uint_eq(table.finished.first, SET_NONE);
    set_leave(&table, old);
    set_leave(&table, join(1, 2, 1, 2));
    stop();
}
END_TEST

START_TEST(a_set_that_nothing_refers_to_goes_before_one_that_requests_do)
{
    set_id old, set;

    start(2);
    old = join(0, 2, 1, 0);
    set_put_node(&table, old, 3);
    set_leave(&table, join(1, 2, 1, 1));
    set = join(2, 2, 1, 2);
    ck_assert_uint_eq(table.evicted, 1);
    ck_assert_uint_eq(join(0, 2, 2, 3), old);
    set_leave(&table, set);
    set_leave(&table, old);
    set_leave(&table, old);
    stop();
}
END_TEST

START_TEST(a_second_part_does_not_spare_a_set_for_ever)
{
    uint16_t i;
    set_id set;

    start(2);
    set = join(0, 3, 1, 0);
    set_put_node(&table, set, 7);
    set_leave(&table, set);
    set_leave(&table, join(0, 3, 2, 1));
    for (i = 1; i < 6; i++)
        set_leave(&table, join(i, 3, 1, 1U + i));
    set = join(0, 3, 3, 10);
    ck_assert_uint_eq(set_node(&table, set), SET_NO_NODE);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(a_set_that_expires_under_a_request_is_freed_with_it)
{
    set_id set;

    start(10);
    set = join(0, 2, 1, 0);
    set_expire(&table, TTL);
    ck_assert_uint_eq(table.count, 0);
    set_accept(&table, set, 1, TTL + 1);
    set_leave(&table, set);
    stop();
}
END_TEST

START_TEST(many_sets_in_any_order_leave_nothing_behind)
{
    set_id open[64] = {SET_NONE};
    uint32_t random = 1, i, place;
    uint64_t now = 0;
    set_id set;

    start(1000);
    for (i = 0; i < 200000; i++) {
        now += unit_random(&random) % 3;
        place = unit_random(&random) % 64;
        if (open[place] != SET_NONE)
            set_leave(&table, open[place]);
        set = join((uint16_t)(unit_random(&random) % 3000), 2, 1, now);
        if (unit_random(&random) % 2 == 0)
            set_accept(&table, set, (uint8_t)(1 + unit_random(&random) % 2), now);
        open[place] = set;
        ck_assert_uint_le(table.count, 1000);
    }
    for (i = 0; i < 64; i++)
        set_leave(&table, open[i]);
    ck_assert_uint_eq(set_expire(&table, now + TTL), UINT64_MAX);
    ck_assert_uint_eq(table.count, 0);
    stop();
}
END_TEST

START_TEST(each_table_hashes_by_a_seed_of_its_own)
{
    uint64_t seed;

    start(10);
    seed = table.seed;
    stop();
    start(10);
    ck_assert_uint_ne(table.seed, seed);
    stop();
}
END_TEST

START_TEST(what_places_a_set_is_the_same_for_every_table)
{
    struct message message = {.addresses = {(const uint8_t *)"from to", 7}};
    struct concat concat = {CONCAT_SAR, 300, 5, 1}, other = concat;
    uint64_t hash = set_hash(9, &message, &concat);

    other.part = 4;
    ck_assert_uint_eq(set_hash(9, &message, &other), hash);
    other.reference = 301;
    ck_assert_uint_ne(set_hash(9, &message, &other), hash);
    ck_assert_uint_ne(set_hash(8, &message, &concat), hash);
}
END_TEST

UNIT_MAIN("set",
    parts_of_one_message_meet_in_one_set,
    what_differs_in_anything_of_the_key_is_another_set,
    a_set_is_forgotten_ttl_after_its_last_part,
    a_finished_set_lingers_and_is_not_counted_as_expired,
    a_part_accepted_twice_counts_once,
    all_64_parts_finish_a_set,
    a_set_of_255_parts_is_kept_until_it_expires,
    a_part_sent_again_while_it_lingers_follows_its_set,
    a_message_that_begins_in_a_lingering_set_is_not_parted_by_its_end,
    a_full_table_forgets_the_oldest,
    the_oldest_is_the_one_without_parts_for_longest,
    a_finished_set_goes_before_one_that_is_not,
    a_set_that_requests_refer_to_outlives_its_place_in_the_table,
    a_set_that_nothing_refers_to_goes_before_one_that_requests_do,
    a_second_part_does_not_spare_a_set_for_ever,
    a_set_that_expires_under_a_request_is_freed_with_it,
    many_sets_in_any_order_leave_nothing_behind,
    each_table_hashes_by_a_seed_of_its_own,
    what_places_a_set_is_the_same_for_every_table)
