/* SPDX-License-Identifier: ISC */
#include "smpp/tlv.h"

#include "unit/unit.h"

/* sar_msg_ref_num 0x1234, an empty one of a vendor, message_payload "hey" */
static const uint8_t three[] = {
    0x02, 0x0C, 0, 2, 0x12, 0x34, 0x14, 0x00, 0, 0, 0x04, 0x24, 0, 3, 'h', 'e', 'y',
};

START_TEST(tlvs_are_taken_in_order_to_the_end)
{
    struct reader r;
    struct tlv tlv;

    reader_init(&r, three, sizeof(three));
    ck_assert(tlv_next(&r, &tlv));
    ck_assert_uint_eq(tlv.tag, SMPP_TLV_SAR_MSG_REF_NUM);
    ck_assert_uint_eq(tlv.value.len, 2);
    ck_assert(tlv_next(&r, &tlv));
    ck_assert_uint_eq(tlv.tag, 0x1400);
    ck_assert_uint_eq(tlv.value.len, 0);
    ck_assert(tlv_next(&r, &tlv));
    ck_assert_mem_eq(tlv.value.bytes, "hey", 3);
    ck_assert(!tlv_next(&r, &tlv));
    ck_assert(!r.cut);
}
END_TEST

START_TEST(one_that_is_cut_short_is_not_returned_and_ends_the_walk)
{
    static const size_t borders[] = {0, 6, 10, sizeof(three)};
    size_t n, i, whole, count;
    struct reader r;
    struct tlv tlv;
    uint8_t *copy;

    for (n = 0; n <= sizeof(three); n++) {
        copy = unit_copy(three, n);
        for (whole = 0, i = 1; i < 4; i++)
            whole += n >= borders[i];
        reader_init(&r, copy, n);
        for (count = 0; tlv_next(&r, &tlv); count++)
            ;
        ck_assert_uint_eq(count, whole);
        ck_assert(r.cut == (n != borders[whole]));
        ck_assert(!tlv_next(&r, &tlv));
        free(copy);
    }
}
END_TEST

START_TEST(a_length_that_lies_reads_nothing_behind_the_end)
{
    uint8_t *copy = unit_copy("\x04\x24\xFF\xFFhey", 7);
    struct octets value;

    ck_assert(!tlv_find((struct octets){copy, 7}, SMPP_TLV_MESSAGE_PAYLOAD, &value));
    free(copy);
}
END_TEST

START_TEST(the_first_of_its_tag_is_found)
{
    static const uint8_t twice[] = {0, 0x1E, 0, 1, 'a', 0, 0x1E, 0, 1, 'b'};
    struct octets value;

    ck_assert(tlv_find((struct octets){three, sizeof(three)}, 0x0424, &value));
    ck_assert_mem_eq(value.bytes, "hey", 3);
    ck_assert(tlv_find((struct octets){three, sizeof(three)}, 0x1400, &value));
    ck_assert_uint_eq(value.len, 0);
    ck_assert(tlv_find((struct octets){twice, sizeof(twice)}, 0x001E, &value));
    ck_assert_int_eq(value.bytes[0], 'a');
    ck_assert(!tlv_find((struct octets){three, sizeof(three)}, 0x0425, &value));
    ck_assert(!tlv_find((struct octets){NULL, 0}, 0x0424, &value));
}
END_TEST

UNIT_MAIN("tlv", tlvs_are_taken_in_order_to_the_end,
          one_that_is_cut_short_is_not_returned_and_ends_the_walk,
          a_length_that_lies_reads_nothing_behind_the_end, the_first_of_its_tag_is_found)
