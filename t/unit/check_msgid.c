/* SPDX-License-Identifier: ISC */
#include "smpp/msgid.h"

#include "smpp/writer.h"
#include "unit/unit.h"

#define RESP(command) (SMPP_##command | SMPP_RESPONSE)

/* Where the id stands: behind how many C-octet strings, and what follows it. */
static const struct {
    uint32_t command;
    const char *before;
    size_t before_len;
    const char *behind;
    size_t behind_len;
} rows[] = {
    {RESP(SUBMIT_SM), "", 0, "", 0},
    {RESP(SUBMIT_SM), "", 0, "\4\x28\0\1\5", 5},
    {RESP(SUBMIT_MULTI), "", 0, "\1\1\1" "46700\0\0\0\0\x0B", 13},
    {RESP(DATA_SM), "", 0, "\4\x23\0\1\2", 5},
    {RESP(QUERY_SM), "", 0, "261231235959000+\0\2\0", 19},
    {RESP(BROADCAST_SM), "", 0, "", 0},
    {RESP(QUERY_BROADCAST_SM), "", 0, "\4\x27\0\1\2", 5},
    {SMPP_QUERY_SM, "", 0, "\1\1" "46700", 8},
    {SMPP_REPLACE_SM, "", 0, "\1\1" "46700\0\0\0\1\0\2hi", 15},
    {SMPP_QUERY_BROADCAST_SM, "", 0, "\1\1" "46700", 8},
    {SMPP_CANCEL_SM, "WAP", 4, "\1\1" "1\0\1\1" "2", 8},
    {SMPP_CANCEL_SM, "", 1, "\1\1" "1\0\1\1" "2", 8},
    {SMPP_CANCEL_BROADCAST_SM, "CMT", 4, "\1\1" "1", 4},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct octets
octets(const char *text)
{
    return (struct octets){(const uint8_t *)text, strlen(text)};
}

static size_t
write_row(uint8_t *room, size_t cap, size_t row, const char *id)
{
    struct writer w;

    writer_begin(&w, room, cap, rows[row].command, 0, 0xFFFFFFFF);
    writer_bytes(&w, rows[row].before, rows[row].before_len);
    writer_cstring(&w, id);
    writer_bytes(&w, rows[row].behind, rows[row].behind_len);
    return writer_end(&w);
}

static struct pdu
framed(const uint8_t *bytes, size_t n)
{
    struct pdu pdu;

    ck_assert_int_eq(pdu_frame(bytes, n, PDU_MAX, &pdu), FRAME_WHOLE);
    ck_assert_uint_eq(pdu.length, n);
    return pdu;
}

/* Letters that differ from place to place. */
static const char *
id_of(char *room, size_t n, char first)
{
    size_t i;

    for (i = 0; i < n; i++)
        room[i] = (char)(first + (char)(i % 26));
    room[n] = '\0';
    return room;
}

START_TEST(the_id_of_every_command_is_found)
{
    char room[MSGID_MAX + 1];
    uint8_t bytes[200], *copy;
    struct octets id;
    size_t row, n, len;
    struct pdu pdu;

    for (row = 0; row < ROWS; row++)
        for (len = 0; len <= MSGID_MAX; len++) {
            n = write_row(bytes, sizeof(bytes), row, id_of(room, len, 'a'));
            copy = unit_copy(bytes, n);
            pdu = framed(copy, n);
            ck_assert(msgid_locate(&pdu, &id));
            ck_assert_uint_eq(id.len, len);
            ck_assert_mem_eq(id.bytes, room, len);
            free(copy);
        }
}
END_TEST

START_TEST(a_body_that_ends_before_the_id_has_none)
{
    struct octets id;
    uint8_t bytes[200], *copy;
    struct pdu pdu;
    size_t row, n, id_end;

    for (row = 0; row < ROWS; row++) {
        write_row(bytes, sizeof(bytes), row, "12345");
        id_end = PDU_HEADER + rows[row].before_len + 6;
        for (n = PDU_HEADER; n <= id_end; n++) {
            copy = unit_copy(bytes, n);
            put_be32(copy, (uint32_t)n);
            pdu = framed(copy, n);
            ck_assert(msgid_locate(&pdu, &id) == (n == id_end));
            free(copy);
        }
    }
}
END_TEST

START_TEST(a_negative_response_with_an_empty_id_has_an_empty_one)
{
    static const uint8_t bytes[17] = {0, 0, 0, 17, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 1, 0};
    struct pdu pdu = framed(bytes, 17);
    struct octets id;

    ck_assert(msgid_locate(&pdu, &id));
    ck_assert_uint_eq(id.len, 0);
}
END_TEST

START_TEST(other_commands_have_no_id)
{
    static const uint32_t commands[] = {
        SMPP_SUBMIT_SM, SMPP_DELIVER_SM, RESP(DELIVER_SM), SMPP_DATA_SM, SMPP_SUBMIT_MULTI,
        SMPP_BIND_TRANSCEIVER, RESP(BIND_TRANSCEIVER), RESP(CANCEL_SM), RESP(REPLACE_SM),
        RESP(CANCEL_BROADCAST_SM), SMPP_BROADCAST_SM, SMPP_ENQUIRE_LINK, SMPP_GENERIC_NACK,
        0x00010200, 0x80010203, 0xFFFFFFFF, 0,
    };
    struct octets id;
    uint8_t bytes[64];
    struct pdu pdu;
    size_t i, n = write_row(bytes, sizeof(bytes), 0, "123");

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        pdu = framed(bytes, n);
        pdu.command = commands[i];
        ck_assert(!msgid_locate(&pdu, &id));
    }
}
END_TEST

/* Replaces the id of a row's PDU and compares with one that was written so. */
static void
check_replaced(size_t row, const char *old, const char *new)
{
    uint8_t bytes[200], expected[200], *copy, *out;
    size_t n = write_row(bytes, sizeof(bytes), row, old);
    size_t want = write_row(expected, sizeof(expected), row, new);
    struct octets id;
    struct pdu pdu;

    copy = unit_copy(bytes, n);
    out = malloc(want);
    ck_assert_ptr_nonnull(out);
    pdu = framed(copy, n);
    ck_assert(msgid_locate(&pdu, &id));
    ck_assert_uint_eq(msgid_replace(&pdu, id, new, strlen(new), out, want - 1), 0);
    ck_assert_uint_eq(msgid_replace(&pdu, id, new, strlen(new), out, want), want);
    ck_assert_mem_eq(out, expected, want);
    free(copy);
    free(out);
}

START_TEST(another_id_takes_the_place_and_all_else_stays)
{
    char old[MSGID_MAX + 1], new[MSGID_MAX + 1];
    size_t row, i, j;

    for (row = 0; row < ROWS; row++)
        for (i = 0; i <= MSGID_MAX; i += 4)
            for (j = 0; j <= MSGID_MAX; j += 2)
                check_replaced(row, id_of(old, i, 'a'), id_of(new, j, 'A'));
}
END_TEST

START_TEST(an_id_that_the_field_does_not_take_is_refused)
{
    uint8_t bytes[64], out[200];
    char new[MSGID_MAX + 2];
    size_t n = write_row(bytes, sizeof(bytes), 0, "1");
    struct pdu pdu = framed(bytes, n);
    struct octets id;

    ck_assert(msgid_locate(&pdu, &id));
    memset(new, '7', sizeof(new));
    ck_assert_uint_eq(msgid_replace(&pdu, id, new, MSGID_MAX + 1, out, sizeof(out)), 0);
    ck_assert_uint_eq(msgid_replace(&pdu, id, new, MSGID_MAX, out, sizeof(out)),
                      n - 1 + MSGID_MAX);
}
END_TEST

typedef size_t
spell(struct octets id, char out[static MSGID_MAX + 1]);

static void
check_spelling(spell *as, const char *id, const char *expected)
{
    char out[MSGID_MAX + 1];
    uint8_t *copy = unit_copy(id, strlen(id));
    size_t n = as((struct octets){copy, strlen(id)}, out);

    ck_assert_msg(n == strlen(expected) && strcmp(out, expected) == 0,
                  "\"%s\": \"%s\", not \"%s\"", id, out, expected);
    free(copy);
}

START_TEST(the_normal_form_has_no_case_and_no_leading_zeros)
{
    char longest[MSGID_MAX + 4];

    check_spelling(msgid_normal, "00012aBcD", "12abcd");
    check_spelling(msgid_normal, "42", "42");
    check_spelling(msgid_normal, "4200", "4200");
    check_spelling(msgid_normal, "000", "0");
    check_spelling(msgid_normal, "0", "0");
    check_spelling(msgid_normal, "", "");
    check_spelling(msgid_normal, "0-Z@[", "-z@[");
    memset(longest, 'x', sizeof(longest));
    longest[MSGID_MAX + 1] = '\0';
    check_spelling(msgid_normal, longest, "");
    longest[0] = '0';
    check_spelling(msgid_normal, longest, longest + 1);
}
END_TEST

START_TEST(decimal_becomes_hexadecimal_and_back)
{
    check_spelling(msgid_hex, "1234", "4d2");
    check_spelling(msgid_hex, "0001234", "4d2");
    check_spelling(msgid_hex, "0", "0");
    check_spelling(msgid_hex, "18446744073709551615", "ffffffffffffffff");
    check_spelling(msgid_hex, "000018446744073709551615", "ffffffffffffffff");
    check_spelling(msgid_decimal, "4D2", "1234");
    check_spelling(msgid_decimal, "00004d2", "1234");
    check_spelling(msgid_decimal, "1234", "4660");
    check_spelling(msgid_decimal, "FFFFFFFFFFFFFFFF", "18446744073709551615");
    check_spelling(msgid_other_form, "1234", "4d2");
    check_spelling(msgid_other_form, "4d2", "1234");
}
END_TEST

START_TEST(what_is_no_number_or_too_large_a_one_has_no_other_form)
{
    static const char *const none[] = {
        "", "12-4", "g", "4d2h", " 12", "0x12", "18446744073709551616", "99999999999999999999",
        "10000000000000000f", "6f1ed002-ab56-4c5c-8e8c-1b3d3b1a1e00",
    };
    size_t i;

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_spelling(msgid_other_form, none[i], "");
    check_spelling(msgid_hex, "4d2", "");
}
END_TEST

START_TEST(ids_that_can_be_one_are_equal_both_ways_round)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } pairs[] = {
        {"42", "42", true}, {"0042", "42", true}, {"00aB", "Ab", true}, {"1234", "4D2", true},
        {"0001234", "000004d2", true}, {"1234", "4660", true}, {"", "", true}, {"0", "000", true},
        {"42", "43", false}, {"42", "421", false}, {"", "0", false}, {"x42", "42", false},
        {"4d2", "1235", false}, {"ab", "ab ", false},
    };
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        ck_assert_msg(msgid_equal(octets(pairs[i].a), octets(pairs[i].b)) == pairs[i].equal,
                      "%s %s", pairs[i].a, pairs[i].b);
        ck_assert(msgid_equal(octets(pairs[i].b), octets(pairs[i].a)) == pairs[i].equal);
    }
}
END_TEST

START_TEST(ids_over_the_limit_are_compared_as_they_are)
{
    char a[MSGID_MAX + 2], b[MSGID_MAX + 2];

    id_of(a, MSGID_MAX + 1, 'a');
    id_of(b, MSGID_MAX + 1, 'a');
    ck_assert(msgid_equal(octets(a), octets(b)));
    b[MSGID_MAX] = 'A';
    ck_assert(!msgid_equal(octets(a), octets(b)));
}
END_TEST

START_TEST(any_octets_are_located_and_replaced_within_their_bounds)
{
    uint32_t state = 0x1D5, found = 0;
    uint8_t bytes[64], *copy, *out;
    struct octets id;
    struct pdu pdu;
    size_t n, i, length;
    int round;

    for (round = 0; round < 50000; round++) {
        n = PDU_HEADER + unit_random(&state) % 40;
        for (i = 0; i < n; i++)
            bytes[i] = unit_random(&state) % 4 == 0 ? 0 : (uint8_t)unit_random(&state);
        pdu_put_header(bytes, (uint32_t)n, rows[unit_random(&state) % ROWS].command, 0, 1);
        copy = unit_copy(bytes, n);
        pdu = framed(copy, n);
        if (msgid_locate(&pdu, &id)) {
            length = n - id.len + 3;
            out = malloc(length);
            ck_assert_uint_eq(msgid_replace(&pdu, id, "new", 3, out, length), length);
            pdu = framed(out, length);
            ck_assert(msgid_locate(&pdu, &id));
            ck_assert(id.len == 3 && memcmp(id.bytes, "new", 3) == 0);
            free(out);
            found++;
        }
        free(copy);
    }
    ck_assert_uint_gt(found, 1000);
}
END_TEST

UNIT_MAIN("msgid", the_id_of_every_command_is_found, a_body_that_ends_before_the_id_has_none,
          a_negative_response_with_an_empty_id_has_an_empty_one, other_commands_have_no_id,
          another_id_takes_the_place_and_all_else_stays,
          an_id_that_the_field_does_not_take_is_refused,
          the_normal_form_has_no_case_and_no_leading_zeros, decimal_becomes_hexadecimal_and_back,
          what_is_no_number_or_too_large_a_one_has_no_other_form,
          ids_that_can_be_one_are_equal_both_ways_round,
          ids_over_the_limit_are_compared_as_they_are,
          any_octets_are_located_and_replaced_within_their_bounds)
