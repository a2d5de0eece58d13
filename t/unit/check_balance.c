/* SPDX-License-Identifier: ISC */
#include "route/balance.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "route/senders.h"
#include "unit/unit.h"

#define NODES 4

static const char *const names[NODES] = {"a", "b", "c", "d"};
static struct conf_node nodes[NODES];
static struct conf_farm farm = {.nodes = nodes};
static struct balance_share shares[NODES];
static struct balance balance;

/* A farm of nodes with these weights. */
static void
start(size_t count, const uint32_t *weights, uint32_t shift)
{
    size_t i;

    farm.node_count = count;
    for (i = 0; i < count; i++) {
        nodes[i] = (struct conf_node){.name = names[i]};
        shares[i] = (struct balance_share){.weight = weights[i]};
    }
    ck_assert(balance_init(&balance, &farm, shares, shift));
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

    for (i = 0; i < count; i++) {
        ck_assert_uint_gt(balance_turns(&balance), 0);
        text[i] = (char)('a' + balance_next(&balance));
    }
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

#define SENDERS 256

struct sender {
    uint32_t turn;
    uint32_t span;
    uint64_t at_us;
    int blocked;            /* a node that it can't use, or -1 */
};

static struct senders senders;
static struct sender each[SENDERS];

static void
nobody_has_sent(void)
{
    size_t i;

    senders = (struct senders){.since_us = 1};
    for (i = 0; i < SENDERS; i++)
        each[i] = (struct sender){.turn = BALANCE_NO_TURN, .blocked = -1};
}

/* The node of one more message, as linkset_pick.c has it. */
static size_t
send_one(struct sender *sender, uint64_t now_us)
{
    struct balance_round *round = &balance.rounds[BALANCE_MESSAGES];
    uint64_t idle_us = now_us - sender->at_us;
    uint32_t length, turn, next, spare = BALANCE_NO_TURN, i;

    senders_count(&senders, &sender->span, now_us);
    length = senders_turn_length(&senders);
    if (length == 1 || idle_us > SENDERS_PAUSE_US)
        sender->turn = BALANCE_NO_TURN;
    sender->at_us = now_us;
    ck_assert_uint_gt(balance_turns(&balance), 0);
    next = round->turn;
    turn = balance_turn(&balance, BALANCE_MESSAGES, length, sender->turn, idle_us == 0);
    if (balance.turns[turn] == sender->blocked) {
        round->turn = next;
        for (i = 0; i < balance.turn_count; i++) {
            turn = balance_step(&balance, BALANCE_MESSAGES);
            if (balance.turns[turn] == sender->blocked)
                continue;
            ck_assert_uint_gt(balance.links[balance.turns[turn]], 0);
            if (balance.rounds[0].left[turn] > 0)
                break;
            if (spare == BALANCE_NO_TURN)
                spare = turn;
        }
        if (i == balance.turn_count) {
            ck_assert_uint_ne(spare, BALANCE_NO_TURN);
            round->turn = spare;
            sender->turn = balance_step(&balance, BALANCE_MESSAGES);
            balance_borrow(&balance, BALANCE_MESSAGES, spare);
            return balance.turns[spare];
        }
    }
    balance_use(&balance, BALANCE_MESSAGES, turn);
    sender->turn = turn;
    return balance.turns[turn];
}

#define SOON SENDERS_SPAN_US
#define LATE (SENDERS_PAUSE_US + 1)

/* The nodes, as letters, of what so many senders send at a time, n messages each, `us` after
 * what was sent before. */
static const char *
batch(size_t count, size_t n, uint64_t us)
{
    static char text[4096];
    static uint64_t now_us = 1000000;
    size_t i, taken = 0;

    ck_assert_uint_le(count, SENDERS);
    ck_assert_uint_lt(count * n, sizeof(text));
    now_us += us;
    for (i = 0; i < count; i++)
        for (; taken < (i + 1) * n; taken++)
            text[taken] = (char)('a' + send_one(&each[i], now_us));
    text[taken] = '\0';
    return text;
}

static size_t
changes(const char *text)
{
    size_t n = 0;

    for (; text[0] != '\0' && text[1] != '\0'; text++)
        n += text[0] != text[1];
    return n;
}

/* Adds up what each node has. */
static void
add(long *got, const char *text)
{
    for (; *text != '\0'; text++)
        got[*text - 'a']++;
}

START_TEST(where_many_send_each_keeps_its_turn)
{
    static char before[SENDERS];
    size_t i, moved = 0;
    const char *text;

    start(4, (const uint32_t[]){1, 1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    ck_assert_msg(strcmp(batch(4, 1, SOON), "abcd") == 0, "nobody knows yet that there are many");
    for (i = 0; i < 100; i++)
        (void)batch(100, 1, SOON);
    memcpy(before, batch(100, 1, SOON), 100);
    text = batch(100, 1, SOON);
    for (i = 0; i < 100; i++)
        moved += text[i] != before[i];
    ck_assert_uint_le(moved, 20);
    text = batch(100, 10, SOON);
    for (i = 0; i < 1000; i++)
        ck_assert_msg(text[i] == text[i / 10 * 10], "what one sends at a time goes to one node");
    text = batch(1, 2000, SOON);
    ck_assert_uint_ge(changes(text), 2000 / (3 * BALANCE_LENGTH_MAX));
    balance_fini(&balance);
}
END_TEST

START_TEST(what_one_sends_is_always_spread_in_turn)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    (void)batch(1, 300, SOON);
    ck_assert_str_eq(batch(1, 9, SOON), "abcabcabc");
    balance_fini(&balance);
}
END_TEST

START_TEST(one_that_goes_on_alone_levels_what_many_have_left_and_is_in_turn)
{
    long got[4] = {0};
    size_t i;

    start(4, (const uint32_t[]){1, 1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 10; i++)
        add(got, batch(100, 1, SOON));
    for (i = 0; i < 10; i++)
        add(got, batch(1, 1, SOON));
    add(got, batch(1, 4 * BALANCE_LENGTH_MAX, SOON));
    for (i = 1; i < 4; i++)
        ck_assert_int_le(labs(got[i] - got[0]), 1);
    ck_assert_uint_eq(changes(batch(1, 100, SOON)), 99);
    balance_fini(&balance);
}
END_TEST

START_TEST(long_turns_change_nothing_of_the_shares)
{
    long got[3] = {0}, all;
    size_t i;

    start(3, (const uint32_t[]){3, 2, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 600; i++)
        add(got, batch(20 + i * 37 % 190, 1 + i % 3, i % 7 == 0 ? LATE : SOON));
    all = got[0] + got[1] + got[2];
    for (i = 0; i < 3; i++)
        ck_assert_int_le(labs(got[i] - (long)(3 - i) * all / 6),
                         (long)(3 - i) * BALANCE_LENGTH_MAX);
    balance_fini(&balance);
}
END_TEST

/* Each burst in the same places of a round: one sends much, another little, and then nobody. */
START_TEST(shares_hold_where_sessions_send_in_bursts)
{
    long got[2] = {0};
    int i;

    start(2, (const uint32_t[]){1, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 300; i++) {
        add(got, batch(8, 1, LATE));
        add(got, batch(8, 2, SOON));
        add(got, batch(1, 50, SOON));
        add(got, batch(2, 1, SOON));
    }
    ck_assert_int_le(labs(got[0] - got[1]), BALANCE_LENGTH_MAX);
    balance_fini(&balance);
}
END_TEST

START_TEST(who_cannot_use_a_node_leaves_it_to_the_others)
{
    long of_others[4] = {0}, all = 0;
    const char *text;
    size_t i, k;

    start(4, (const uint32_t[]){1, 1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 10; i++)
        each[i].blocked = 0;
    for (i = 0; i < 1000; i++) {
        text = batch(100, 1, SOON);
        for (k = 0; k < 100; k++)
            ck_assert_msg(k >= 10 || text[k] != 'a', "sender %zu can't use a", k);
        add(of_others, text + 10);
    }
    for (i = 0; i < 4; i++)
        all += of_others[i];
    ck_assert_msg(of_others[0] * 4 >= all, "a has %ld of %ld", of_others[0], all);
    ck_assert_int_le(of_others[0] * 3, all);
    balance_fini(&balance);
}
END_TEST

/* As long as nobody can use it, the others go on strictly in turn, or keep long turns. */
START_TEST(a_node_that_nobody_can_use_holds_up_no_turns)
{
    const char *text;
    size_t i;

    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < SENDERS; i++)
        each[i].blocked = 0;
    text = batch(1, 300, SOON);
    for (i = 2; i < 300; i++)
        ck_assert_msg(text[i] == text[i - 2] && text[i] != text[i - 1], "%s", text);
    for (i = 0; i < 100; i++)
        text = batch(100, 10, SOON);
    ck_assert_uint_le(changes(text), 300);
    balance_fini(&balance);
}
END_TEST

static void
is_in_order(void)
{
    uint32_t turn, open = 0;

    for (turn = 0; turn < balance.turn_count; turn++) {
        ck_assert_int_ge(balance.rounds[0].left[turn], -BALANCE_LENGTH_MAX);
        ck_assert_int_le(balance.rounds[0].left[turn], BALANCE_LENGTH_MAX);
        open += balance.rounds[0].left[turn] > 0;
    }
    ck_assert_uint_eq(open, balance.rounds[0].open);
}

/* Nodes that come and go, weights that change, senders that can't use one of them. */
START_TEST(whoever_can_use_a_node_finds_one)
{
    bool bound[4] = {true, true, true, true};
    unsigned seed = 7;
    size_t i, node, count = 4;

    start(4, (const uint32_t[]){5, 3, 2, 1}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 20000; i++) {
        node = (size_t)rand_r(&seed) % 4;
        if (i % 50 == 0 && bound[node] && count > 2) {
            balance_link_lost(&balance, node);
            bound[node] = false;
            count--;
        } else if (i % 50 == 0 && !bound[node]) {
            balance_link_bound(&balance, node);
            bound[node] = true;
            count++;
        } else if (i % 70 == 0) {
            shares[node].weight = 1 + (uint32_t)rand_r(&seed) % 5;
            balance_put_shares(&balance, shares);
        }
        each[rand_r(&seed) % SENDERS].blocked = rand_r(&seed) % 5 - 1;
        (void)batch((size_t)rand_r(&seed) % 20, (size_t)rand_r(&seed) % 60,
                    rand_r(&seed) % 10 == 0 ? LATE : SOON);
        if (!balance.stale)
            is_in_order();
    }
    balance_fini(&balance);
}
END_TEST

START_TEST(after_a_silence_turns_are_short)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    nobody_has_sent();
    (void)batch(96, 1, SOON);
    (void)batch(96 * 2, 1, SOON);
    ck_assert_uint_eq(senders_turn_length(&senders), BALANCE_LENGTH_MAX);
    ck_assert_uint_eq(changes(batch(6, 1, LATE)), 5);
    ck_assert_uint_eq(changes(batch(1, 6, LATE)), 5);
    balance_fini(&balance);
}
END_TEST

START_TEST(turns_get_short_again_where_fewer_send)
{
    uint32_t length, i;

    nobody_has_sent();
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    (void)batch(20, 1, SOON);
    (void)batch(1, 1, SOON);
    length = senders_turn_length(&senders);
    ck_assert_uint_eq(length, BALANCE_LENGTH_MAX);
    for (i = 0; i < 5; i++, length = senders_turn_length(&senders)) {
        (void)batch(1, 1, SOON);
        ck_assert_uint_le(senders_turn_length(&senders), length);
    }
    ck_assert_uint_eq(length, 1);
    balance_fini(&balance);
}
END_TEST

/* A turn that is kept may be out of the round that is written anew, and the old one is
 * forgotten. */
START_TEST(a_round_is_written_anew_under_those_who_keep_a_turn)
{
    uint32_t i;

    start(4, (const uint32_t[]){100, 99, 98, 97}, 0);
    bind_all();
    nobody_has_sent();
    for (i = 0; i < 5; i++)
        (void)batch(100, 3, SOON);
    for (i = 1; i < 4; i++) {
        balance_link_lost(&balance, i);
        ck_assert_uint_gt(strlen(batch(100, 3, SOON)), 0);
        ck_assert_uint_le(balance.rounds[0].open, balance.turn_count);
    }
    ck_assert_uint_eq(changes(batch(100, 3, SOON)), 0);
    for (i = 1; i < 4; i++)
        balance_link_bound(&balance, i);
    (void)balance_turns(&balance);
    ck_assert_uint_eq(balance.rounds[0].open, 0);
    for (i = 0; i < balance.turn_count; i++)
        ck_assert_int_eq(balance.rounds[0].left[i], 0);
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

START_TEST(a_higher_rank_serves_only_when_no_lower_one_is_up)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    shares[2].rank = 1;
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

START_TEST(shares_change_while_links_are_bound)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    shares[1].weight = 0;
    balance_put_shares(&balance, shares);
    ck_assert_str_eq(turns(4), "acac");
    shares[1].weight = 2;
    shares[0].rank = 1;
    balance_put_shares(&balance, shares);
    ck_assert_str_eq(turns(6), "bcbbcb");
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

/* --- by hash --- */

#define KEYS 100000

static uint64_t
key(uint32_t i)
{
    return hash_bytes(&i, sizeof(i), 0);
}

static size_t
by_hash(uint32_t i)
{
    size_t node;

    ck_assert(balance_by_hash(&balance, key(i), &node));
    return node;
}

START_TEST(a_hash_names_the_same_node_in_whatever_order_they_stand)
{
    static char chosen[KEYS];
    uint32_t i;

    start(4, (const uint32_t[]){1, 2, 1, 5}, 0);
    bind_all();
    for (i = 0; i < KEYS; i++)
        chosen[i] = nodes[by_hash(i)].name[0];
    balance_fini(&balance);
    start(4, (const uint32_t[]){5, 1, 2, 1}, 3);    /* d c b a */
    nodes[0].name = "d";
    nodes[1].name = "c";
    nodes[2].name = "b";
    nodes[3].name = "a";
    balance_fini(&balance);
    ck_assert(balance_init(&balance, &farm, shares, 3));
    bind_all();
    for (i = 0; i < KEYS; i++)
        ck_assert_int_eq(nodes[by_hash(i)].name[0], chosen[i]);
    balance_fini(&balance);
}
END_TEST

START_TEST(hashes_are_shared_out_by_weight)
{
    static const uint32_t weights[] = {1, 2, 3, 4};
    unsigned taken[4] = {0};
    uint32_t i;

    start(4, weights, 0);
    bind_all();
    for (i = 0; i < KEYS; i++)
        taken[by_hash(i)]++;
    for (i = 0; i < 4; i++) {
        ck_assert_uint_gt(taken[i], KEYS / 10 * weights[i] * 97 / 100);
        ck_assert_uint_lt(taken[i], KEYS / 10 * weights[i] * 103 / 100);
    }
    balance_fini(&balance);
}
END_TEST

START_TEST(only_what_was_its_own_moves_when_a_node_goes)
{
    static size_t before[KEYS];
    unsigned taken[4] = {0};
    uint32_t i;

    start(4, (const uint32_t[]){1, 1, 1, 1}, 0);
    bind_all();
    for (i = 0; i < KEYS; i++)
        before[i] = by_hash(i);
    balance_link_lost(&balance, 2);
    for (i = 0; i < KEYS; i++) {
        if (before[i] == 2)
            taken[by_hash(i)]++;
        else
            ck_assert_uint_eq(by_hash(i), before[i]);
    }
    ck_assert_uint_eq(taken[2], 0);
    for (i = 0; i < 4; i++)
        ck_assert(i == 2 ||
                  (taken[i] > KEYS / 12 * 94 / 100 && taken[i] < KEYS / 12 * 106 / 100));
    balance_link_bound(&balance, 2);
    for (i = 0; i < KEYS; i++)
        ck_assert_uint_eq(by_hash(i), before[i]);
    balance_fini(&balance);
}
END_TEST

START_TEST(a_hash_names_a_higher_rank_only_when_no_lower_one_is_up)
{
    size_t node;
    uint32_t i;

    start(4, (const uint32_t[]){1, 0, 1, 1}, 0);
    shares[2].rank = shares[3].rank = 1;
    bind_all();
    for (i = 0; i < 1000; i++)
        ck_assert_uint_eq(by_hash(i), 0);
    balance_link_lost(&balance, 0);
    for (i = 0; i < 1000; i++)
        ck_assert_uint_ge(by_hash(i), 2);
    balance_link_lost(&balance, 2);
    balance_link_lost(&balance, 3);
    ck_assert(!balance_by_hash(&balance, key(0), &node));
    balance_fini(&balance);
}
END_TEST

START_TEST(a_round_of_very_many_turns_is_shortened)
{
    enum { MANY = 100 };
    static struct conf_node many[MANY];
    static struct conf_farm large = {.nodes = many, .node_count = MANY};
    static struct balance_share its[MANY];
    uint32_t taken[MANY] = {0}, i, round;

    for (i = 0; i < MANY; i++) {
        many[i] = (struct conf_node){.name = "n"};
        its[i].weight = i % 2 == 0 ? 256 : 129;
    }
    ck_assert(balance_init(&balance, &large, its, 0));
    for (i = 0; i < MANY; i++)
        balance_link_bound(&balance, i);
    round = balance_turns(&balance);
    ck_assert_uint_le(round, 4096);
    for (i = 0; i < round; i++)
        taken[balance_next(&balance)]++;
    for (i = 0; i < MANY; i++)
        ck_assert_uint_eq(taken[i], taken[i % 2]);
    ck_assert(taken[0] * 100 > taken[1] * 190 && taken[0] * 100 < taken[1] * 215);
    balance_fini(&balance);
}
END_TEST

/* The node of a connection that has tried these; -1: none. */
static int
connection(enum conf_balance rule, uint64_t hash, uint64_t tried)
{
    size_t node;

    farm.balance = rule;
    if (!balance_connection(&balance, hash, tried, &node))
        return -1;
    ck_assert((tried & BALANCE_TRIED(node)) == 0);
    return (int)node;
}

START_TEST(a_connection_gets_the_next_in_turn_that_it_has_not_tried)
{
    start(3, (const uint32_t[]){1, 1, 1}, 0);
    bind_all();
    ck_assert_int_eq(connection(CONF_ROUND_ROBIN, 0, 0), 0);
    ck_assert_int_eq(connection(CONF_ROUND_ROBIN, 0, 0), 1);
    ck_assert_int_eq(connection(CONF_ROUND_ROBIN, 0, BALANCE_TRIED(2)), 0);
    ck_assert_int_eq(connection(CONF_ROUND_ROBIN, 0, BALANCE_TRIED(1) | BALANCE_TRIED(2)), 0);
    ck_assert_int_eq(connection(CONF_ROUND_ROBIN, 0, 7), -1);
    balance_fini(&balance);
}
END_TEST

START_TEST(a_connection_gets_the_node_with_the_fewest_by_weight)
{
    unsigned i;
    int node;

    start(3, (const uint32_t[]){4, 2, 1}, 0);
    bind_all();
    for (i = 0; i < 70; i++) {
        node = connection(CONF_LEAST_PENDING, 0, 0);
        ck_assert_int_ne(node, -1);
        balance.open[node]++;
    }
    ck_assert_uint_eq(balance.open[0], 40);
    ck_assert_uint_eq(balance.open[1], 20);
    ck_assert_uint_eq(balance.open[2], 10);
    balance.open[1] = 0;
    ck_assert_int_eq(connection(CONF_LEAST_PENDING, 0, 0), 1);
    ck_assert_int_ne(connection(CONF_LEAST_PENDING, 0, BALANCE_TRIED(1)), 1);
    balance_fini(&balance);
}
END_TEST

START_TEST(a_connection_that_has_tried_all_of_a_rank_gets_one_of_the_next)
{
    start(4, (const uint32_t[]){1, 1, 1, 1}, 0);
    shares[1].rank = 1;
    shares[2].rank = shares[3].rank = 2;
    bind_all();
    ck_assert_int_eq(connection(CONF_STANDBY, 0, 0), 0);
    ck_assert_int_eq(connection(CONF_STANDBY, 0, BALANCE_TRIED(0)), 1);
    ck_assert_int_ge(connection(CONF_LEAST_PENDING, 0, 3), 2);
    ck_assert_int_ge(connection(CONF_SOURCE, key(5), 3), 2);
    ck_assert_int_eq(connection(CONF_SOURCE, key(5), 1), 1);
    ck_assert_int_eq(connection(CONF_SOURCE, key(5), 15), -1);
    balance_fini(&balance);
}
END_TEST

START_TEST(a_source_keeps_its_node_and_moves_only_from_one_that_it_has_tried)
{
    uint32_t i;
    int node;

    start(4, (const uint32_t[]){1, 2, 3, 1}, 0);
    bind_all();
    for (i = 0; i < 1000; i++) {
        node = connection(CONF_SOURCE, key(i), 0);
        ck_assert_int_eq(node, (int)by_hash(i));
        ck_assert_int_eq(connection(CONF_SOURCE, key(i), BALANCE_TRIED((node + 1) % 4)), node);
        ck_assert_int_ne(connection(CONF_SOURCE, key(i), BALANCE_TRIED(node)), node);
    }
    balance_fini(&balance);
}
END_TEST

UNIT_MAIN("balance", equal_nodes_take_turns, where_many_send_each_keeps_its_turn,
          what_one_sends_is_always_spread_in_turn,
          one_that_goes_on_alone_levels_what_many_have_left_and_is_in_turn,
          long_turns_change_nothing_of_the_shares, shares_hold_where_sessions_send_in_bursts,
          who_cannot_use_a_node_leaves_it_to_the_others,
          a_node_that_nobody_can_use_holds_up_no_turns, whoever_can_use_a_node_finds_one,
          after_a_silence_turns_are_short,
          turns_get_short_again_where_fewer_send,
          a_round_is_written_anew_under_those_who_keep_a_turn, weights_are_spread_smoothly,
          weights_with_a_common_divisor_are_the_same_as_without,
          a_node_without_a_link_has_no_turn_and_gets_it_back,
          a_node_has_turns_as_long_as_one_of_its_links_is_bound, without_links_there_are_no_turns,
          weight_0_takes_no_messages, a_higher_rank_serves_only_when_no_lower_one_is_up,
          shares_change_while_links_are_bound,
          accounts_that_begin_at_shifted_places_do_not_meet_the_same_node,
          a_hash_names_the_same_node_in_whatever_order_they_stand,
          hashes_are_shared_out_by_weight, only_what_was_its_own_moves_when_a_node_goes,
          a_hash_names_a_higher_rank_only_when_no_lower_one_is_up,
          a_round_of_very_many_turns_is_shortened,
          a_connection_gets_the_next_in_turn_that_it_has_not_tried,
          a_connection_gets_the_node_with_the_fewest_by_weight,
          a_connection_that_has_tried_all_of_a_rank_gets_one_of_the_next,
          a_source_keeps_its_node_and_moves_only_from_one_that_it_has_tried)
