/* SPDX-License-Identifier: ISC */
#include "smpp/pdu.h"

#include "unit/unit.h"

#define MAX 1000

/* The frame of a stream's first n octets, from memory that holds no more. */
static enum frame
frame_of(const uint8_t *bytes, size_t n, struct pdu *pdu)
{
    uint8_t *copy = unit_copy(bytes, n);
    enum frame frame = pdu_frame(copy, n, MAX, pdu);

    free(copy);
    return frame;
}

static void
make(uint8_t *bytes, uint32_t length, uint32_t number)
{
    memset(bytes, 0x77, length);
    pdu_put_header(bytes, length, SMPP_SUBMIT_SM, 0x58, number);
}

START_TEST(a_whole_pdu_is_framed_with_its_header)
{
    uint8_t bytes[60];
    struct pdu pdu;

    make(bytes, 50, 0x7FFFFFFF);
    ck_assert_int_eq(pdu_frame(bytes, sizeof(bytes), MAX, &pdu), FRAME_WHOLE);
    ck_assert_ptr_eq(pdu.bytes, bytes);
    ck_assert_uint_eq(pdu.length, 50);
    ck_assert_uint_eq(pdu.command, SMPP_SUBMIT_SM);
    ck_assert_uint_eq(pdu.status, 0x58);
    ck_assert_uint_eq(pdu.number, 0x7FFFFFFF);
}
END_TEST

START_TEST(a_stream_fed_byte_by_byte_yields_each_pdu_once)
{
    uint8_t stream[16 + 17 + 100];
    size_t start = 0, n, found = 0;
    struct pdu pdu;

    make(stream, 16, 1);
    make(stream + 16, 17, 2);
    make(stream + 33, 100, 3);
    for (n = 0; n <= sizeof(stream); n++)
        if (frame_of(stream + start, n - start, &pdu) == FRAME_WHOLE) {
            ck_assert_uint_eq(pdu.number, ++found);
            ck_assert_uint_eq(pdu.length, n - start);
            start += pdu.length;
        }
    ck_assert_uint_eq(found, 3);
    ck_assert_uint_eq(start, sizeof(stream));
}
END_TEST

START_TEST(a_stream_cut_anywhere_yields_the_same_pdus)
{
    uint8_t stream[20 + 40 + 16];
    size_t cut, start, ends[2], i;
    struct pdu pdu;
    uint32_t found;

    make(stream, 20, 1);
    make(stream + 20, 40, 2);
    make(stream + 60, 16, 3);
    for (cut = 0; cut <= sizeof(stream); cut++) {
        ends[0] = cut;
        ends[1] = sizeof(stream);
        start = found = 0;
        for (i = 0; i < 2; i++)
            while (frame_of(stream + start, ends[i] - start, &pdu) == FRAME_WHOLE) {
                ck_assert_uint_eq(pdu.number, ++found);
                start += pdu.length;
            }
        ck_assert_uint_eq(found, 3);
    }
}
END_TEST

START_TEST(a_length_under_16_or_over_the_limit_is_bad_and_all_between_is_good)
{
    static const uint32_t bad[] = {0, 1, 15, MAX + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    static const uint32_t good[] = {16, 17, MAX - 1, MAX};
    uint8_t bytes[MAX + 8];
    struct pdu pdu;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        make(bytes, 16, 9);
        put_be32(bytes, bad[i]);
        ck_assert_int_eq(frame_of(bytes, 16, &pdu), FRAME_BAD_LENGTH);
        ck_assert_uint_eq(pdu.length, bad[i]);
        ck_assert_uint_eq(pdu.command, SMPP_SUBMIT_SM);
        ck_assert_uint_eq(pdu.number, 9);
    }
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        make(bytes, good[i], 9);
        ck_assert_int_eq(frame_of(bytes, good[i], &pdu), FRAME_WHOLE);
        ck_assert_int_eq(frame_of(bytes, good[i] - 1, &pdu), FRAME_PARTIAL);
        ck_assert_uint_eq(pdu.length, good[i]);
    }
}
END_TEST

START_TEST(a_bad_length_is_seen_from_its_four_octets_on)
{
    uint8_t bytes[16];
    struct pdu pdu;
    size_t n;

    make(bytes, 16, 5);
    put_be32(bytes, 15);
    for (n = 0; n < 4; n++)
        ck_assert_int_eq(frame_of(bytes, n, &pdu), FRAME_PARTIAL);
    for (n = 4; n < 16; n++) {
        ck_assert_int_eq(frame_of(bytes, n, &pdu), FRAME_BAD_LENGTH);
        ck_assert_uint_eq(pdu.number, 0);
    }
}
END_TEST

START_TEST(the_response_bit_alone_tells_the_direction)
{
    struct pdu pdu = {.command = SMPP_SUBMIT_SM | SMPP_RESPONSE};

    ck_assert(pdu_is_response(&pdu));
    pdu.command = SMPP_GENERIC_NACK;
    ck_assert(pdu_is_response(&pdu));
    pdu.command = 0x00010200;
    ck_assert(!pdu_is_response(&pdu));
}
END_TEST

START_TEST(a_request_is_answered_by_its_own_response_or_a_generic_nack)
{
    ck_assert(pdu_answers(0x80000004, SMPP_SUBMIT_SM));
    ck_assert(pdu_answers(SMPP_GENERIC_NACK, SMPP_SUBMIT_SM));
    ck_assert(!pdu_answers(0x80000005, SMPP_SUBMIT_SM));
    ck_assert(!pdu_answers(SMPP_SUBMIT_SM, SMPP_SUBMIT_SM));
}
END_TEST

START_TEST(a_new_number_changes_nothing_else)
{
    uint8_t bytes[40], before[40];

    make(bytes, sizeof(bytes), 1);
    memcpy(before, bytes, sizeof(bytes));
    pdu_put_number(bytes, 0x01020304);
    ck_assert_mem_eq(bytes, before, 12);
    ck_assert_mem_eq(bytes + 12, "\1\2\3\4", 4);
    ck_assert_mem_eq(bytes + 16, before + 16, sizeof(bytes) - 16);
}
END_TEST

UNIT_MAIN("pdu", a_whole_pdu_is_framed_with_its_header,
          a_stream_fed_byte_by_byte_yields_each_pdu_once,
          a_stream_cut_anywhere_yields_the_same_pdus,
          a_length_under_16_or_over_the_limit_is_bad_and_all_between_is_good,
          a_bad_length_is_seen_from_its_four_octets_on, the_response_bit_alone_tells_the_direction,
          a_request_is_answered_by_its_own_response_or_a_generic_nack,
          a_new_number_changes_nothing_else)
