/* SPDX-License-Identifier: ISC */
#include "route/balance.h"

#include "unit/unit.h"

#define NODES 4

static struct conf_node nodes[NODES];
static struct conf_farm farm = {.nodes = nodes};
static struct balance balance;

/* A farm of nodes with these weights, each with one link bound. */
static void
start(size_t count, const uint32_t *weights, uint32_t shift)
{
    size_t i;

    memset(nodes, 0, sizeof(nodes));
    farm.node_count = count;
    for (i = 0; i < count; i++)
        nodes[i].weight = weights[i];
    ck_assert(balance_init(&balance, &farm, shift));
}

static void
bind_all(void)
{
    size_t i;

    for (i = 0; i < farm.node_count; i++)
        balance_link_bound(&balance, i);
}

/* The next `count` turns as letters. */
static const char *
turns(size_t count)
{
    static char text[64];
    size_t i;

    for (i = 0; i < count; i++)
        text[i] = (char)('a' + balance_next(&balance));
    text[count] = '\0';
    return text;
}

START_TEST(equal_nodes_take_turns)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    ck_assert_str_eq(turns(9), "abcabcabc");
    balance_fini(&balance);
}
END_TEST

START_TEST(weights_are_spread_smoothly)
{
    start(3, (const uint32_t[]){3, 2, 1}, 0);
    bind_all();
    ck_assert_uint_eq(balance_turns(&balance), 6);
    ck_assert_str_eq(turns(12), "abacbaabacba");
    balance_fini(&balance);
}
END_TEST

START_TEST(weights_with_a_common_divisor_are_the_same_as_without)
{
    start(2, (const uint32_t[]){200, 100}, 0);
    bind_all();
    ck_assert_uint_eq(balance_turns(&balance), 3);
    ck_assert_str_eq(turns(6), "abaaba");
    balance_fini(&balance);
}
END_TEST

START_TEST(a_node_without_a_link_has_no_turn_and_gets_it_back)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    balance_link_lost(&balance, 1);
    ck_assert_str_eq(turns(4), "acac");
    balance_link_bound(&balance, 1);
    ck_assert_str_eq(turns(6), "abcabc");
    balance_fini(&balance);
}
END_TEST

START_TEST(a_node_has_turns_as_long_as_one_of_its_links_is_bound)
{
    start(2, (const uint32_t[]){1, 1}, 0);
    bind_all();
    balance_link_bound(&balance, 0);
    balance_link_lost(&balance, 0);
    ck_assert_str_eq(turns(4), "abab");
    balance_link_lost(&balance, 0);
    ck_assert_str_eq(turns(4), "bbbb");
    balance_fini(&balance);
}
END_TEST

START_TEST(without_links_there_are_no_turns)
{
    start(2, (const uint32_t[]){1, 1}, 7);
    ck_assert_uint_eq(balance_turns(&balance), 0);
    bind_all();
    balance_link_lost(&balance, 0);
    balance_link_lost(&balance, 1);
    ck_assert_uint_eq(balance_turns(&balance), 0);
    balance_link_bound(&balance, 1);
    ck_assert_str_eq(turns(2), "bb");
    balance_fini(&balance);
}
END_TEST

START_TEST(weight_0_takes_no_messages)
{
    start(3, (const uint32_t[]){1, 0, 1}, 0);
    bind_all();
    ck_assert_str_eq(turns(4), "acac");
    balance_link_lost(&balance, 0);
    balance_link_lost(&balance, 2);
    ck_assert_uint_eq(balance_turns(&balance), 0);
    balance_fini(&balance);
}
END_TEST

START_TEST(a_backup_serves_only_when_no_other_is_up)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    nodes[2].backup = true;
    bind_all();
    ck_assert_str_eq(turns(4), "abab");
    balance_link_lost(&balance, 0);
    ck_assert_str_eq(turns(2), "bb");
    balance_link_lost(&balance, 1);
    ck_assert_str_eq(turns(2), "cc");
    balance_link_bound(&balance, 1);
    ck_assert_str_eq(turns(2), "bb");
    balance_fini(&balance);
}
END_TEST

START_TEST(accounts_that_begin_at_shifted_places_do_not_meet_the_same_node)
{
    uint32_t shift;

    for (shift = 0; shift < 3; shift++) {
        start(3, (const uint32_t[]){1, 1, 1}, shift);
        bind_all();
        ck_assert_str_eq(turns(3), shift == 0 ? "abc" : shift == 1 ? "bca" : "cab");
        balance_fini(&balance);
    }
}
END_TEST

UNIT_MAIN("balance", equal_nodes_take_turns, weights_are_spread_smoothly,
          weights_with_a_common_divisor_are_the_same_as_without,
          a_node_without_a_link_has_no_turn_and_gets_it_back,
          a_node_has_turns_as_long_as_one_of_its_links_is_bound, without_links_there_are_no_turns,
          weight_0_takes_no_messages, a_backup_serves_only_when_no_other_is_up,
          accounts_that_begin_at_shifted_places_do_not_meet_the_same_node)
