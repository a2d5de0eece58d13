/* SPDX-License-Identifier: ISC */
#include "tools/load_ids.h"

#include <stdio.h>

#include "unit/unit.h"

static struct octets
id_of(const char *text)
{
    return (struct octets){(const uint8_t *)text, strlen(text)};
}

START_TEST(an_id_given_twice_is_a_duplicate)
{
    struct load_ids ids;

    ck_assert(load_ids_init(&ids, 0));
    ck_assert(load_ids_give(&ids, id_of("1")));
    ck_assert(load_ids_give(&ids, id_of("2")));
    ck_assert(load_ids_give(&ids, id_of("1")));
    ck_assert(load_ids_give(&ids, id_of("")));
    ck_assert_uint_eq(ids.given, 2);
    ck_assert_uint_eq(ids.duplicate, 1);
    ck_assert_uint_eq(ids.empty, 1);
    load_ids_fini(&ids);
}
END_TEST

START_TEST(a_receipt_may_come_before_its_id)
{
    struct load_ids ids;

    ck_assert(load_ids_init(&ids, 0));
    ck_assert(load_ids_receipt(&ids, id_of("1")));
    ck_assert_uint_eq(ids.receipts_unknown, 1);
    ck_assert(load_ids_give(&ids, id_of("1")));
    ck_assert_uint_eq(ids.receipts_unknown, 0);
    ck_assert_uint_eq(ids.receipts_matched, 1);
    ck_assert(load_ids_receipt(&ids, id_of("1")));
    ck_assert_uint_eq(ids.receipts_duplicate, 1);
    ck_assert_uint_eq(ids.receipts, 2);
    load_ids_fini(&ids);
}
END_TEST

START_TEST(nothing_is_forgotten_when_the_table_grows)
{
    struct load_ids ids;
    char text[16];
    int i, round;

    ck_assert(load_ids_init(&ids, 0));
    for (round = 0; round < 2; round++)
        for (i = 0; i < 200000; i++) {
            snprintf(text, sizeof(text), "%d", i);
            ck_assert(load_ids_give(&ids, id_of(text)));
        }
    ck_assert_uint_eq(ids.given, 200000);
    ck_assert_uint_eq(ids.duplicate, 200000);
    load_ids_fini(&ids);
}
END_TEST

UNIT_MAIN("load_ids", an_id_given_twice_is_a_duplicate, a_receipt_may_come_before_its_id,
          nothing_is_forgotten_when_the_table_grows)
