/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"

#include "unit/unit.h"

START_TEST(numbers_are_read_big_endian_at_any_alignment)
{
    static const uint8_t bytes[] = {0xEE, 0x80, 0x01, 0xFF, 0x7F, 0x00};

    ck_assert_uint_eq(get_be16(bytes + 1), 0x8001);
    ck_assert_uint_eq(get_be32(bytes + 1), 0x8001FF7F);
    ck_assert_uint_eq(get_be32(bytes + 2), 0x01FF7F00);
}
END_TEST

START_TEST(numbers_are_written_big_endian_and_nothing_beside_them)
{
    uint8_t bytes[8];

    memset(bytes, 0xAA, sizeof(bytes));
    put_be32(bytes + 1, 0x80FF0102);
    put_be16(bytes + 5, 0xFE03);
    ck_assert_mem_eq(bytes, "\xAA\x80\xFF\x01\x02\xFE\x03\xAA", 8);
}
END_TEST

UNIT_MAIN("bytes", numbers_are_read_big_endian_at_any_alignment,
          numbers_are_written_big_endian_and_nothing_beside_them)
