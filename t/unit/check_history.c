/* SPDX-License-Identifier: ISC */
/* Rates and latencies of the last minutes, by samples a second apart. */
#include "admin/history.h"
#include "unit/unit.h"

static struct history history;
static struct conf_node nodes[2];
static struct conf_farm farm = {.nodes = nodes, .node_count = 1};
static struct conf conf = {.farms = &farm, .farm_count = 1};
static struct node_counts counts[2];
static struct snapshot_farm its = {.nodes = counts};
static struct snapshot snapshot = {.conf = &conf, .farms = &its};

/* A second with n responses of that many microseconds, every tenth an error. */
static void
second(unsigned n, uint64_t us)
{
    static uint64_t now_us;
    unsigned i;

    for (i = 0; i < n; i++) {
        counts[0].requests++;
        node_counts_answered(&counts[0], i % 10 == 9 ? SMPP_RTHROTTLED : SMPP_ROK, us);
    }
    now_us += 1000000;
    history_add(&history, &snapshot, now_us, now_us / 1000);
}

static void
check_latency(uint64_t count, uint64_t least, uint64_t most)
{
    struct histogram took;

    history_minute(&history, history_node(&history, 0, 0), &counts[0], &took);
    ck_assert_uint_eq(histogram_count(&took), count);
    ck_assert_uint_ge(histogram_quantile(&took, 0.5), least);
    ck_assert_uint_le(histogram_quantile(&took, 0.5), most);
}

static void
begin(void)
{
    memset(counts, 0, sizeof(counts));
    farm.node_count = 1;
    ck_assert(history_init(&history, 1));
}

START_TEST(rates_are_those_of_the_last_ten_seconds)
{
    struct history_rates rates;
    unsigned i;

    begin();
    ck_assert_ptr_null(history_node(&history, 0, 0));
    rates = history_rates(&history, NULL);
    ck_assert(rates.requests == 0);
    for (i = 0; i < 20; i++)
        second(100, 1000);
    for (i = 0; i < 10; i++)
        second(30, 1000);
    rates = history_rates(&history, history_node(&history, 0, 0));
    ck_assert(rates.requests == 30 && rates.responses == 30 && rates.errors == 3);
    second(100, 1000);
    rates = history_rates(&history, history_node(&history, 0, 0));
    ck_assert(rates.requests == 37);
    history_fini(&history);
}
END_TEST

START_TEST(samples_are_kept_for_five_minutes)
{
    const struct history_node *node;
    unsigned i;

    begin();
    for (i = 1; i <= 1000; i++) {
        second(i % 7, 1000);
        node = history_node(&history, 0, 0);
        ck_assert_uint_eq(history_length(&history, node), i < 300 ? i : 300);
    }
    for (i = 0; i < 300; i++)
        ck_assert_uint_eq(history_sample(&history, node, i)->responses, (1000 - i) % 7);
    ck_assert_uint_eq(history_sample(&history, node, 0)->p99_us, 1024);
    history_fini(&history);
}
END_TEST

START_TEST(latency_is_that_of_the_last_minute)
{
    unsigned i;

    begin();
    second(0, 0);
    for (i = 0; i < 30; i++)
        second(10, 50000);
    check_latency(300, 50000, 57000);
    for (i = 0; i < 70; i++)
        second(10, 500);
    check_latency(counts[0].requests - 400, 500, 570);
    history_fini(&history);
}
END_TEST

START_TEST(a_node_that_is_new_begins_with_nothing)
{
    unsigned i;

    begin();
    for (i = 0; i < 5; i++)
        second(10, 1000);
    counts[1].requests = 1000000;
    farm.node_count = 2;
    second(10, 1000);
    ck_assert_uint_eq(history_length(&history, history_node(&history, 0, 1)), 1);
    ck_assert_uint_eq(history_sample(&history, history_node(&history, 0, 1), 0)->requests, 0);
    ck_assert_uint_eq(history_length(&history, history_node(&history, 0, 0)), 6);
    ck_assert_ptr_null(history_node(&history, 0, 2));
    ck_assert_ptr_null(history_node(&history, 1, 0));
    history_fini(&history);
}
END_TEST

UNIT_MAIN("history", rates_are_those_of_the_last_ten_seconds, samples_are_kept_for_five_minutes,
          latency_is_that_of_the_last_minute, a_node_that_is_new_begins_with_nothing)
