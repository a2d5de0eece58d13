/* SPDX-License-Identifier: ISC */
#include "smpp/reader.h"

#include "unit/unit.h"

START_TEST(fields_are_read_in_order)
{
    static const uint8_t bytes[] = {7, 0x12, 0x34, 'a', 'b', 0, 0, 9, 8};
    struct octets octets;
    struct reader r;

    reader_init(&r, bytes, sizeof(bytes));
    ck_assert_uint_eq(reader_u8(&r), 7);
    ck_assert_uint_eq(reader_u16(&r), 0x1234);
    octets = reader_cstring(&r);
    ck_assert_uint_eq(octets.len, 2);
    ck_assert_mem_eq(octets.bytes, "ab", 2);
    ck_assert_uint_eq(reader_cstring(&r).len, 0);
    ck_assert_uint_eq(reader_left(&r), 2);
    octets = reader_octets(&r, 2);
    ck_assert_ptr_eq(octets.bytes, bytes + 7);
    ck_assert(!r.cut);
    ck_assert_uint_eq(reader_octets(&r, 0).len, 0);
    ck_assert(!r.cut);
}
END_TEST

START_TEST(a_field_that_is_not_wholly_there_reads_as_nothing)
{
    uint8_t *bytes = unit_copy("\xFF", 1);
    struct reader r;

    reader_init(&r, bytes, 1);
    ck_assert_uint_eq(reader_u16(&r), 0);
    ck_assert(r.cut);
    reader_init(&r, bytes, 1);
    ck_assert_uint_eq(reader_cstring(&r).len, 0);
    ck_assert(r.cut);
    reader_init(&r, bytes, 1);
    ck_assert_uint_eq(reader_octets(&r, SIZE_MAX).len, 0);
    ck_assert(r.cut);
    reader_init(&r, bytes, 0);
    ck_assert_uint_eq(reader_u8(&r), 0);
    ck_assert(r.cut);
    free(bytes);
}
END_TEST

START_TEST(after_a_cut_field_all_others_are_cut_too)
{
    static const uint8_t bytes[] = {1, 2, 0};
    struct reader r;

    reader_init(&r, bytes, sizeof(bytes));
    ck_assert_uint_eq(reader_octets(&r, 4).len, 0);
    ck_assert_uint_eq(reader_u8(&r), 0);
    ck_assert_uint_eq(reader_u16(&r), 0);
    ck_assert_uint_eq(reader_cstring(&r).len, 0);
    ck_assert_uint_eq(reader_octets(&r, 0).len, 0);
    ck_assert(r.cut);
}
END_TEST

START_TEST(nothing_at_all_can_be_read_from)
{
    struct reader r;

    reader_init(&r, NULL, 0);
    ck_assert_uint_eq(reader_left(&r), 0);
    ck_assert_uint_eq(reader_cstring(&r).len, 0);
    ck_assert(r.cut);
}
END_TEST

UNIT_MAIN("reader", fields_are_read_in_order, a_field_that_is_not_wholly_there_reads_as_nothing,
          after_a_cut_field_all_others_are_cut_too, nothing_at_all_can_be_read_from)
