/* SPDX-License-Identifier: ISC */
/* Ids that are remembered: whose, how many, and in which spellings. */
#include "route/learn.h"

#include <stdio.h>

#include "unit/unit.h"

static struct learn learn;

static struct octets
id_of(const char *text)
{
    return (struct octets){(const uint8_t *)text, strlen(text)};
}

/* The node, or -1. */
static int
find(const char *text)
{
    uint16_t node;

    return learn_find(&learn, id_of(text), &node) ? node : -1;
}

START_TEST(an_id_is_found_at_the_node_that_gave_it)
{
    learn_init(&learn, 1024);
    ck_assert_int_eq(find("abc"), -1);
    learn_put(&learn, id_of("abc"), 3);
    learn_put(&learn, id_of("abd"), 0);
    ck_assert_int_eq(find("abc"), 3);
    ck_assert_int_eq(find("abd"), 0);
    ck_assert_int_eq(find("abe"), -1);
    learn_fini(&learn);
}
END_TEST

START_TEST(of_two_nodes_with_one_id_the_latest_counts)
{
    learn_init(&learn, 1024);
    learn_put(&learn, id_of("5"), 1);
    learn_put(&learn, id_of("5"), 2);
    ck_assert_int_eq(find("5"), 2);
    learn_fini(&learn);
}
END_TEST

START_TEST(other_spellings_of_an_id_find_it_too)
{
    learn_init(&learn, 1024);
    learn_put(&learn, id_of("00AB12cd"), 1);
    ck_assert_int_eq(find("ab12CD"), 1);
    ck_assert_int_eq(find("0000AB12CD"), 1);
    ck_assert_int_eq(find("11211469"), 1);        /* learnt in hexadecimal, asked in decimal */
    learn_put(&learn, id_of("0000048879"), 2);
    ck_assert_int_eq(find("BEEF"), 2);              /* and the other way round */
    ck_assert_int_eq(find("48879"), 2);
    learn_put(&learn, id_of("305419896"), 3);
    ck_assert_int_eq(find("12345678"), 3);          /* hexadecimal that looks decimal */
    ck_assert_int_eq(find("48880"), -1);
    learn_fini(&learn);
}
END_TEST

START_TEST(an_id_of_64_octets_is_learnt_and_a_longer_one_is_not)
{
    char text[67];

    memset(text, 'x', sizeof(text));
    learn_init(&learn, 1024);
    text[65] = '\0';
    learn_put(&learn, id_of(text), 1);
    ck_assert_int_eq(find(text), -1);
    text[64] = '\0';
    learn_put(&learn, id_of(text), 1);
    ck_assert_int_eq(find(text), 1);
    learn_put(&learn, id_of(""), 1);
    ck_assert_int_eq(find(""), -1);
    learn_fini(&learn);
}
END_TEST

START_TEST(there_is_no_memory_before_the_first_id)
{
    learn_init(&learn, 10000000);
    ck_assert_int_eq(find("1"), -1);
    ck_assert_ptr_null(learn.entries);
    learn_fini(&learn);
}
END_TEST

/* Of the last `max` ids some are lost to full buckets, of the last half hardly any. */
START_TEST(the_latest_ids_are_kept_and_old_ones_go)
{
    enum { MAX = 65536, ALL = 4 * MAX };
    unsigned i, known[4] = {0}, lately = 0;
    char text[16];

    learn_init(&learn, MAX);
    for (i = 0; i < ALL; i++) {
        snprintf(text, sizeof(text), "x%u", i);
        learn_put(&learn, id_of(text), (uint16_t)(i % 7));
    }
    ck_assert_uint_eq(learn.buckets, MAX / 8);
    for (i = 0; i < ALL; i++) {
        snprintf(text, sizeof(text), "x%u", i);
        if (find(text) < 0)
            continue;
        ck_assert_int_eq(find(text), (int)(i % 7));
        known[i / MAX]++;
        lately += i >= ALL - MAX / 2;
    }
    ck_assert_uint_le(known[0] + known[1] + known[2] + known[3], MAX);
    ck_assert_uint_le(known[0], MAX / 1000);    /* in buckets that few have come to */
    ck_assert_uint_gt(known[3], MAX * 8 / 10);
    ck_assert_uint_gt(lately, MAX / 2 * 97 / 100);
    learn_fini(&learn);
}
END_TEST

UNIT_MAIN("learn",
    an_id_is_found_at_the_node_that_gave_it,
    of_two_nodes_with_one_id_the_latest_counts,
    other_spellings_of_an_id_find_it_too,
    an_id_of_64_octets_is_learnt_and_a_longer_one_is_not,
    there_is_no_memory_before_the_first_id,
    the_latest_ids_are_kept_and_old_ones_go)
