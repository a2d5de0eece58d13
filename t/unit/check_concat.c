/* SPDX-License-Identifier: ISC */
#include "smpp/concat.h"

#include "smpp/tlv.h"
#include "unit/unit.h"

static bool malformed;

/* Looks at octets as the short_message of a message with a UDH. */
static struct concat
peek_text(const void *bytes, size_t n)
{
    uint8_t *copy = unit_copy(bytes, n);
    struct message message = {.esm_class = ESM_UDHI, .short_message = {copy, n}};
    struct concat concat = concat_peek(&message, &malformed);

    free(copy);
    return concat;
}

/* The same with octets as the optional part, and no UDH unless `esm_class` says. */
static struct concat
peek_optional(uint8_t esm_class, const void *bytes, size_t n)
{
    uint8_t *copy = unit_copy(bytes, n);
    struct message message = {.esm_class = esm_class, .optional = {copy, n}};
    struct concat concat = concat_peek(&message, &malformed);

    free(copy);
    return concat;
}

static bool
is(struct concat concat, enum concat_kind kind, uint16_t reference, uint8_t total, uint8_t part)
{
    return concat.kind == kind && concat.reference == reference && concat.total == total &&
           concat.part == part && !malformed;
}

START_TEST(an_8_bit_reference_is_seen)
{
    ck_assert(is(peek_text("\5\0\3\xFE\3\2hello", 11), CONCAT_UDH8, 0xFE, 3, 2));
    ck_assert(is(peek_text("\5\0\3\0\xFF\xFF", 6), CONCAT_UDH8, 0, 255, 255));
}
END_TEST

START_TEST(a_16_bit_reference_is_seen)
{
    ck_assert(is(peek_text("\6\10\4\xFE\xDC\2\1hello", 12), CONCAT_UDH16, 0xFEDC, 2, 1));
}
END_TEST

START_TEST(elements_that_stand_before_are_stepped_over)
{
    ck_assert(is(peek_text("\13\5\4\x0B\x84\x23\xF0\0\3\7\2\1x", 13), CONCAT_UDH8, 7, 2, 1));
    ck_assert(is(peek_text("\x0B\x24\1\1\x25\0\10\4\1\2\2\2", 12), CONCAT_UDH16, 0x0102, 2, 2));
}
END_TEST

START_TEST(the_mark_in_message_payload_is_seen)
{
    ck_assert(is(peek_optional(ESM_UDHI, "\4\x24\0\7\5\0\3\x11\2\1x", 11), CONCAT_UDH8, 0x11, 2,
                 1));
    ck_assert(is(peek_optional(0, "\4\x24\0\7\5\0\3\x11\2\1x", 11), CONCAT_NONE, 0, 0, 0));
}
END_TEST

START_TEST(sar_tlvs_are_seen_in_any_order)
{
    static const char forward[] = "\2\x0C\0\2\x12\x34\2\x0E\0\1\5\2\x0F\0\1\4";
    static const char backward[] = "\2\x0F\0\1\4\2\4\0\2\0\0\2\x0E\0\1\5\2\x0C\0\2\x12\x34";

    ck_assert(is(peek_optional(0, forward, sizeof(forward) - 1), CONCAT_SAR, 0x1234, 5, 4));
    ck_assert(is(peek_optional(0, backward, sizeof(backward) - 1), CONCAT_SAR, 0x1234, 5, 4));
}
END_TEST

START_TEST(a_message_without_a_mark_is_none_and_not_malformed)
{
    struct message plain = {.short_message = {(const uint8_t *)"\5\0\3\1\2\1", 6}};

    ck_assert_int_eq(concat_peek(&plain, &malformed).kind, CONCAT_NONE);
    ck_assert(!malformed);
    ck_assert_int_eq(peek_text("\6\5\4\x0B\x84\x23\xF0hi", 9).kind, CONCAT_NONE);
    ck_assert(!malformed);
    ck_assert_int_eq(peek_optional(0, "\2\4\0\2\0\7", 6).kind, CONCAT_NONE);
    ck_assert(!malformed);
}
END_TEST

START_TEST(a_message_of_one_part_is_none_and_not_malformed)
{
    ck_assert_int_eq(peek_text("\5\0\3\7\1\1x", 7).kind, CONCAT_NONE);
    ck_assert(!malformed);
    ck_assert_int_eq(peek_optional(0, "\2\x0C\0\2\0\7\2\x0E\0\1\1\2\x0F\0\1\1", 16).kind,
                     CONCAT_NONE);
    ck_assert(!malformed);
}
END_TEST

START_TEST(numbers_that_make_no_sense_are_none_and_malformed)
{
    static const char *const texts[] = {
        "\5\0\3\7\0\0",     /* total 0 */
        "\5\0\3\7\0\1",     /* total 0, part 1 */
        "\5\0\3\7\3\0",     /* part 0 */
        "\5\0\3\7\3\4",     /* part above total */
    };
    size_t i;

    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(peek_text(texts[i], 6).kind, CONCAT_NONE);
        ck_assert(malformed);
    }
    ck_assert_int_eq(peek_optional(0, "\2\x0C\0\2\0\7\2\x0E\0\1\2\2\x0F\0\1\3", 16).kind,
                     CONCAT_NONE);
    ck_assert(malformed);
}
END_TEST

START_TEST(lengths_that_lie_are_none_and_malformed)
{
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        {"", 0},                            /* announced, but no UDH */
        {"\xFF\0\3\1\2\1", 6},              /* UDHL beyond the text */
        {"\5\0\3\1\2", 5},                  /* UDHL one beyond */
        {"\5\0\4\1\2\1", 6},                /* element beyond the UDH */
        {"\5\0\xFF\1\2\1", 6},              /* far beyond */
        {"\1\0", 2},                        /* element without a length */
        {"\4\0\3\1\2\1", 6},                /* UDH ends amid the element */
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(peek_text(rows[i].bytes, rows[i].n).kind, CONCAT_NONE);
        ck_assert_msg(malformed, "row %zu", i);
    }
}
END_TEST

START_TEST(a_mark_of_the_wrong_length_is_no_mark)
{
    ck_assert_int_eq(peek_text("\4\0\2\1\2", 5).kind, CONCAT_NONE);
    ck_assert_int_eq(peek_text("\6\0\4\1\2\2\1", 7).kind, CONCAT_NONE);
    ck_assert_int_eq(peek_text("\5\10\3\1\2\1", 6).kind, CONCAT_NONE);
}
END_TEST

START_TEST(sar_tlvs_that_are_not_complete_are_none_and_malformed)
{
    static const char all[] = "\2\x0C\0\2\x12\x34\2\x0E\0\1\5\2\x0F\0\1\4";
    size_t n;

    for (n = 6; n < sizeof(all) - 1; n++) {
        ck_assert_int_eq(peek_optional(0, all, n).kind, CONCAT_NONE);
        ck_assert(malformed);
    }
    ck_assert_int_eq(peek_optional(0, all + 6, 10).kind, CONCAT_NONE);
    ck_assert(malformed);
}
END_TEST

START_TEST(a_udh_without_a_mark_leaves_the_sar_tlvs_to_speak)
{
    static const char sar[] = "\2\x0C\0\2\x12\x34\2\x0E\0\1\5\2\x0F\0\1\4";
    struct message message = {
        .esm_class = ESM_UDHI,
        .short_message = {(const uint8_t *)"\6\5\4\x0B\x84\x23\xF0", 7},
        .optional = {(const uint8_t *)sar, sizeof(sar) - 1},
    };

    ck_assert(is(concat_peek(&message, &malformed), CONCAT_SAR, 0x1234, 5, 4));
}
END_TEST

START_TEST(any_octets_are_looked_at_without_a_read_behind_their_end)
{
    uint32_t state = 0x5EED, marks = 0, wrong = 0;
    struct message message = {0};
    struct concat concat;
    uint8_t bytes[32], *text, *optional;
    size_t i, n, m;
    int round;

    for (round = 0; round < 50000; round++) {
        n = unit_random(&state) % 24;
        m = unit_random(&state) % 24;
        for (i = 0; i < sizeof(bytes); i++)   /* small numbers make the most sense */
            bytes[i] = (uint8_t)(unit_random(&state) % (round % 2 == 0 ? 8 : 256));
        text = unit_copy(bytes, n);
        for (i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(i % 4 == 0 ? 2 : unit_random(&state) % 16);
        optional = unit_copy(bytes, m);
        message.esm_class = (uint8_t)unit_random(&state);
        message.short_message = (struct octets){text, n};
        message.optional = (struct octets){optional, m};
        concat = concat_peek(&message, &malformed);
        if (concat.kind != CONCAT_NONE) {
            wrong += concat.total < 2 || concat.part < 1 || concat.part > concat.total;
            marks++;
        }
        free(text);
        free(optional);
    }
    ck_assert_uint_gt(marks, 0);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

UNIT_MAIN("concat", an_8_bit_reference_is_seen, a_16_bit_reference_is_seen,
          elements_that_stand_before_are_stepped_over, the_mark_in_message_payload_is_seen,
          sar_tlvs_are_seen_in_any_order, a_message_without_a_mark_is_none_and_not_malformed,
          a_message_of_one_part_is_none_and_not_malformed,
          numbers_that_make_no_sense_are_none_and_malformed,
          lengths_that_lie_are_none_and_malformed, a_mark_of_the_wrong_length_is_no_mark,
          sar_tlvs_that_are_not_complete_are_none_and_malformed,
          a_udh_without_a_mark_leaves_the_sar_tlvs_to_speak,
          any_octets_are_looked_at_without_a_read_behind_their_end)
