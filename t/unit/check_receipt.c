/* SPDX-License-Identifier: ISC */
#include "smpp/receipt.h"

#include <stdio.h>

#include "smpp/tlv.h"
#include "smpp/writer.h"
#include "unit/unit.h"

#define ROOM 70000

#define FIELDS "sub:001 dlvrd:001 submit date:2611230412 done date:2611230413 stat:DELIVRD err:000"

/* What a receipt is made of. */
struct parts {
    uint32_t command;       /* 0: deliver_sm */
    uint8_t data_coding;
    const char *udh;        /* with its length first, or NULL */
    size_t udh_len;
    const char *text;       /* one octet a character */
    bool in_payload;
    const char *tlv;        /* receipted_message_id, or NULL */
    size_t tlv_len;
    const char *cut;        /* behind all: a TLV that is cut short */
    size_t cut_len;
};

static uint8_t made[ROOM], expected[ROOM];

/* The text as it goes over the wire, behind its UDH. */
static size_t
wire_text(uint8_t *out, const struct parts *parts)
{
    size_t n = parts->udh_len, i;

    if (n > 0)
        memcpy(out, parts->udh, n);
    for (i = 0; i < strlen(parts->text); i++) {
        if (parts->data_coding == 8)
            out[n++] = 0;
        out[n++] = (uint8_t)parts->text[i];
    }
    return n;
}

static size_t
make(uint8_t *room, const struct parts *parts)
{
    static uint8_t text[2 * ROOM], optional[ROOM];
    uint32_t command = parts->command == 0 ? SMPP_DELIVER_SM : parts->command;
    bool in_payload = parts->in_payload || command == SMPP_DATA_SM;
    struct writer w, tlvs = {.bytes = optional, .cap = sizeof(optional)};
    size_t text_len = wire_text(text, parts), n;

    writer_tlv(&tlvs, 0x1400, "\0\x1E\0\1", 4);
    if (in_payload)
        writer_tlv(&tlvs, SMPP_TLV_MESSAGE_PAYLOAD, text, text_len);
    writer_tlv(&tlvs, SMPP_TLV_MESSAGE_STATE, "\2", 1);
    if (parts->tlv != NULL)
        writer_tlv(&tlvs, SMPP_TLV_RECEIPTED_MESSAGE_ID, parts->tlv, parts->tlv_len);
    writer_tlv(&tlvs, 0x1401, "", 0);
    writer_bytes(&tlvs, parts->cut, parts->cut_len);
    writer_begin(&w, room, ROOM, command, 0, 77);
    writer_bytes(&w, "CMT\0\1\1" "46700000001\0\5\0" "Acme", 4 + 14 + 7);
    writer_u8(&w, parts->udh_len > 0 ? ESM_RECEIPT | ESM_UDHI : ESM_RECEIPT);
    if (command != SMPP_DATA_SM)
        writer_bytes(&w, "\0\0\0\0\0\0", 6);
    else
        writer_u8(&w, 0);
    writer_u8(&w, parts->data_coding);
    if (command != SMPP_DATA_SM) {
        writer_u8(&w, 0);
        writer_u8(&w, in_payload ? 0 : (uint8_t)text_len);
        writer_bytes(&w, text, in_payload ? 0 : text_len);
    }
    writer_bytes(&w, optional, tlvs.len);
    n = writer_end(&w);
    ck_assert_uint_gt(n, 0);
    return n;
}

/* A receipt in memory of exactly its length, and what was read of it. */
struct read {
    uint8_t *bytes;
    struct pdu pdu;
    struct message message;
    struct receipt receipt;
    bool found;
    char text_id[MSGID_MAX + 1];
};

static void
read_bytes(struct read *read, const uint8_t *bytes, size_t n)
{
    read->bytes = unit_copy(bytes, n);
    ck_assert_int_eq(pdu_frame(read->bytes, n, ROOM * 2, &read->pdu), FRAME_WHOLE);
    ck_assert_uint_eq(read->pdu.length, n);
    ck_assert(message_parse(&read->pdu, &read->message));
    ck_assert(message_is_receipt(&read->message));
    read->found = receipt_parse(&read->message, &read->receipt);
    receipt_text_id(&read->receipt, read->text_id);
}

static void
read_parts(struct read *read, const struct parts *parts)
{
    read_bytes(read, made, make(made, parts));
}

/* Has the text this id? NULL: has it none? */
static void
check_text_id(const struct parts *parts, const char *id)
{
    struct read read;

    read_parts(&read, parts);
    ck_assert_msg(read.found == (id != NULL || parts->tlv != NULL), "\"%s\"", parts->text);
    if (id == NULL)
        ck_assert_msg(read.receipt.text_id.bytes == NULL, "\"%s\": %s", parts->text, read.text_id);
    else
        ck_assert_msg(read.receipt.text_id.bytes != NULL && strcmp(read.text_id, id) == 0,
                      "\"%s\": \"%s\", not \"%s\"", parts->text, read.text_id, id);
    free(read.bytes);
}

/* Replaces the ids (NULL: not that one) and compares with the receipt `new`. */
static void
check_replaced(const struct parts *old, const char *tlv_id, const char *text_id,
               const struct parts *new)
{
    size_t want = make(expected, new), tlv_len = tlv_id == NULL ? 0 : strlen(tlv_id);
    size_t text_len = text_id == NULL ? 0 : strlen(text_id);
    uint8_t *out = malloc(want);
    struct read read;

    read_parts(&read, old);
    ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, tlv_id, tlv_len,
                                      text_id, text_len, out, want - 1), 0);
    ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, tlv_id, tlv_len,
                                      text_id, text_len, out, want), want);
    ck_assert_mem_eq(out, expected, want);
    free(out);
    free(read.bytes);
}

START_TEST(the_id_is_found_where_the_text_may_have_it)
{
    static const struct {
        const char *text;
        const char *id;
    } rows[] = {
        {"id:123 " FIELDS " text:hi", "123"}, {"ID:123 sub:001", "123"}, {"Id: 123 sub:001", "123"},
        {"id:123", "123"}, {"id: 123", "123"}, {"id:aB-9_/:; stat:X", "aB-9_/:;"},
        {"Receipt\nid:7\tstat:X", "7"}, {"a\r\nid:7\r\n", "7"}, {"sub:001 id:5 text:", "5"},
        {"id:", ""}, {"id: ", ""}, {"id: sub:001", ""}, {"id: Submit date:26", ""},
        {"id:  123", ""}, {"id:sub:001", "sub:001"}, {"id: text:id:1", ""}, {"id:1 id:2", "1"},
        {"xid:1", NULL}, {"x id :1", NULL}, {"i", NULL}, {"id", NULL}, {"", NULL},
        {"msgid:1 ", NULL},
        {"stat:DELIVRD text:my id:5", NULL}, {"stat:X Text: id:5", NULL},
    };
    static const uint8_t codings[] = {0, 1, 3, 4, 8};
    static const uint32_t commands[] = {SMPP_DELIVER_SM, SMPP_DATA_SM};
    struct parts parts = {0};
    size_t i, c, k, u;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (c = 0; c < sizeof(codings); c++)
            for (k = 0; k < 4; k++)
                for (u = 0; u < 2; u++) {
                    parts = (struct parts){
                        .command = commands[k % 2], .data_coding = codings[c], .text = rows[i].text,
                        .in_payload = k >= 2, .udh = "\6\5\4\x0B\x84\x23\xF0", .udh_len = 7 * u,
                    };
                    check_text_id(&parts, rows[i].id);
                }
}
END_TEST

START_TEST(the_text_is_not_read_in_other_data_codings)
{
    struct parts parts = {.text = "id:123 sub:001"};
    unsigned c;

    for (c = 0; c < 256; c++) {
        parts.data_coding = (uint8_t)c;
        check_text_id(&parts, c <= 1 || c == 3 || c == 4 || c == 8 ? "123" : NULL);
    }
}
END_TEST

START_TEST(a_nul_ends_the_id_in_the_text)
{
    struct parts parts = {.udh = "\0id:12\0sub", .udh_len = 10, .text = ""};
    struct read read;

    read_parts(&read, &parts);
    ck_assert_str_eq(read.text_id, "12");
    free(read.bytes);
}
END_TEST

START_TEST(a_udh_that_lies_leaves_no_text)
{
    struct parts parts = {.udh = "\xFF", .udh_len = 1, .text = "id:123 sub:001"};

    check_text_id(&parts, NULL);
    parts.udh = "\x0F";
    check_text_id(&parts, NULL);
    parts.udh = "\x0E";
    check_text_id(&parts, NULL);
    parts.udh = "\0";
    check_text_id(&parts, "123");
}
END_TEST

START_TEST(ucs_2_beyond_one_octet_is_no_id)
{
    static const char wide[] = "\0\0i\0d\0:\0001\4\x16\0002\0 ";
    struct parts parts = {.data_coding = 8, .udh = wide, .udh_len = sizeof(wide) - 1, .text = ""};

    check_text_id(&parts, NULL);
}
END_TEST

START_TEST(both_forms_of_the_tlv_are_read_and_kept)
{
    static const struct {
        const char *old;
        size_t old_len;
        const char *new;
        size_t new_len;
    } rows[] = {
        {"123", 3, "01123", 5}, {"123\0", 4, "01123\0", 6}, {"123\0\0x", 6, "01123\0\0x", 8},
        {"", 0, "01123", 5}, {"\0", 1, "01123\0", 6},
    };
    struct parts old = {.text = "no id"}, new = {.text = "no id"};
    struct read read;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        old.tlv = rows[i].old;
        old.tlv_len = rows[i].old_len;
        new.tlv = rows[i].new;
        new.tlv_len = rows[i].new_len;
        read_parts(&read, &old);
        ck_assert(read.found);
        ck_assert_ptr_nonnull(read.receipt.tlv_id.bytes);
        ck_assert_uint_eq(read.receipt.tlv_id.len, strlen(rows[i].old));
        ck_assert_ptr_null(read.receipt.text_id.bytes);
        free(read.bytes);
        check_replaced(&old, "01123", "not there", &new);
    }
}
END_TEST

START_TEST(ids_of_every_length_are_replaced_in_both_places)
{
    char old_text[200], new_text[200], id[MSGID_MAX + 1] = "", other[MSGID_MAX + 1] = "";
    static const uint8_t codings[] = {0, 1, 3, 4, 8};
    struct parts old, new;
    size_t n, m, k;

    for (n = 0; n <= MSGID_MAX; n += 4)
        for (m = 0; m <= MSGID_MAX; m += m < 8 ? 1 : 7)
            for (k = 0; k < 20; k++) {
                memset(id, 'a', n);
                id[n] = '\0';
                memset(other, 'B', m);
                other[m] = '\0';
                snprintf(old_text, sizeof(old_text), "id:%s sub:1 text:y", id);
                snprintf(new_text, sizeof(new_text), "id:%s sub:1 text:y", other);
                old = (struct parts){
                    .command = k % 4 == 3 ? SMPP_DATA_SM : SMPP_DELIVER_SM, .text = old_text,
                    .data_coding = codings[k / 4], .in_payload = k % 4 == 2, .tlv = id,
                    .tlv_len = n + k % 2, .udh = "\4\x70\2\1\1", .udh_len = k % 4 < 2 ? 0 : 5,
                    .cut = "\0\x1E\0\5" "ab", .cut_len = k % 3 == 0 ? 6 : 0,
                };
                new = old;
                new.text = new_text;
                new.tlv = other;
                new.tlv_len = m + k % 2;
                check_replaced(&old, other, other, &new);
                new.text = old_text;
                check_replaced(&old, other, NULL, &new);
                new.text = new_text;
                new.tlv = id;
                new.tlv_len = old.tlv_len;
                check_replaced(&old, NULL, other, &new);
                check_replaced(&old, NULL, NULL, &old);
            }
}
END_TEST

START_TEST(a_tlv_that_the_end_cuts_short_is_no_id_and_stays)
{
    struct parts parts = {.text = "id:1 x", .cut = "\0\x1E\0\6" "12345", .cut_len = 9}, new = parts;
    struct read read;

    read_parts(&read, &parts);
    ck_assert(read.found);
    ck_assert_ptr_null(read.receipt.tlv_id.bytes);
    free(read.bytes);
    new.text = "id:01 x";
    check_replaced(&parts, "999", "01", &new);
    for (new.cut_len = 0; new.cut_len < 9; new.cut_len++) {
        parts.cut_len = new.cut_len;
        check_replaced(&parts, "999", "01", &new);
    }
}
END_TEST

START_TEST(ids_over_64_octets_are_none)
{
    char text[200] = "id:", *id = text + 3;
    struct parts parts = {.text = text};

    memset(id, '5', MSGID_MAX);
    strcpy(id + MSGID_MAX, " sub:001");
    check_text_id(&parts, memcpy((char[MSGID_MAX + 1]){0}, id, MSGID_MAX));
    strcpy(id + MSGID_MAX, "5 sub:001");
    check_text_id(&parts, NULL);
    parts.tlv = id;
    parts.tlv_len = MSGID_MAX;
    check_text_id(&parts, NULL);    /* but that of the TLV */
}
END_TEST

START_TEST(a_new_id_over_64_octets_is_refused)
{
    struct parts parts = {.text = "id:1 sub:001", .tlv = "1", .tlv_len = 1};
    static uint8_t out[ROOM];
    char id[MSGID_MAX + 1];
    struct read read;

    memset(id, '5', sizeof(id));
    read_parts(&read, &parts);
    ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, id, MSGID_MAX + 1,
                                      NULL, 0, out, ROOM), 0);
    ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, NULL, 0, id,
                                      MSGID_MAX + 1, out, ROOM), 0);
    ck_assert_uint_gt(receipt_replace(&read.pdu, &read.message, &read.receipt, id, MSGID_MAX, id,
                                      MSGID_MAX, out, ROOM), 0);
    free(read.bytes);
}
END_TEST

/* "id:1 " FIELDS " text:" and so many characters as make `n` in all. */
static char *
long_text(char *room, const char *id, size_t n)
{
    size_t len = (size_t)sprintf(room, "id:%s " FIELDS " text:", id);

    ck_assert_uint_le(len, n);
    for (; len < n; len++)
        room[len] = (char)('a' + (char)(len % 26));
    room[n] = '\0';
    return room;
}

/* A text of long_text with another id. */
static char *
with_id(char *room, const char *id, const char *old_text)
{
    stpcpy(stpcpy(stpcpy(room, "id:"), id), old_text + 4);
    return room;
}

START_TEST(a_text_that_became_too_long_loses_from_the_end_of_its_text_field)
{
    char old_text[300], new_text[300], id[20] = "";
    struct parts old = {.text = old_text}, new = {.text = new_text};
    size_t n, i, cut_at;

    for (n = 240; n <= 255; n++)
        for (i = 0; i <= 16; i++) {
            long_text(old_text, "1", n);
            strcpy((char *)mempcpy(id, "0123456789abcdef", i), "1");
            with_id(new_text, id, old_text);
            cut_at = n == 255 ? 255 : 254;
            if (strlen(new_text) > cut_at)
                new_text[cut_at] = '\0';
            check_replaced(&old, NULL, id, &new);
        }
}
END_TEST

START_TEST(ucs_2_loses_whole_characters)
{
    char old_text[200], new_text[200];
    struct parts old = {.data_coding = 8, .text = old_text, .udh = "\4\x70\2\1\1"};
    struct parts new = {.data_coding = 8, .text = new_text, .udh = "\4\x70\2\1\1"};
    size_t n, u;

    for (n = 115; n <= 127; n++)
        for (u = 0; u < 2; u++) {
            if (2 * n + 5 * u > 255)
                continue;
            old.udh_len = new.udh_len = 5 * u;
            long_text(old_text, "1", n);
            with_id(new_text, "011", old_text);
            while (2 * strlen(new_text) + 5 * u > (2 * n + 5 * u == 255 ? 255 : 254))
                new_text[strlen(new_text) - 1] = '\0';
            check_replaced(&old, NULL, "011", &new);
        }
}
END_TEST

/* The end of the text after a one-digit tag went into a text that was full. */
static void
check_end(uint8_t data_coding, const char *end, size_t end_len, size_t lost)
{
    static uint8_t out[ROOM];
    size_t unit = data_coding == 8 ? 2 : 1;
    char text[300];
    struct parts parts = {.data_coding = data_coding, .text = text};
    struct message message;
    struct read read;
    struct pdu pdu;
    size_t n, len = 254;

    long_text(text, "1", 254 / unit);
    n = make(made, &parts);
    memcpy((uint8_t *)memmem(made, n, "\0\xFE", 2) + 2 + 254 - end_len, end, end_len);
    read_bytes(&read, made, n);
    n = receipt_replace(&read.pdu, &read.message, &read.receipt, NULL, 0, "01", 2, out, ROOM);
    ck_assert_int_eq(pdu_frame(out, n, PDU_MAX, &pdu), FRAME_WHOLE);
    ck_assert(message_parse(&pdu, &message));
    ck_assert_uint_eq(message.short_message.len, len + unit - lost);
    ck_assert_mem_eq(message.short_message.bytes + len + unit - end_len, end, end_len - lost);
    free(read.bytes);
}

START_TEST(what_is_two_units_long_is_lost_whole)
{
    check_end(8, "\0x\xD8\x3D\xDE\0", 6, 4);       /* a surrogate pair */
    check_end(8, "\xD8\x3D\xDE\0\0x", 6, 2);
    check_end(0, "x\x1B" "e", 3, 2);               /* the euro sign of the GSM alphabet */
    check_end(0, "\x1B" "ex", 3, 1);
    check_end(4, "x\x1B" "e", 3, 1);
}
END_TEST

START_TEST(a_text_field_too_short_to_lose_enough_is_refused)
{
    char fields[300];
    static uint8_t out[ROOM];
    struct parts parts = {.text = fields};
    struct read read;
    int text;

    for (text = 0; text < 6; text++) {
        memset(fields, 'x', sizeof(fields));
        memcpy(fields, "id:1 ", 5);
        strcpy(fields + 254 - text - 6, " text:");
        memset(fields + 254 - text, 'y', (size_t)text);
        fields[254] = '\0';
        read_parts(&read, &parts);
        ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, NULL, 0, "0001",
                                          4, out, ROOM), text < 3 ? 0 : read.pdu.length);
        free(read.bytes);
    }
    memset(fields, 'x', 254);
    memcpy(fields, "id:1 ", 5);
    read_parts(&read, &parts);
    ck_assert_uint_eq(receipt_replace(&read.pdu, &read.message, &read.receipt, NULL, 0, "01", 2,
                                      out, ROOM), 0);
    free(read.bytes);
}
END_TEST

START_TEST(a_payload_may_grow_to_what_its_length_can_say)
{
    static char old_text[ROOM], new_text[ROOM];
    struct parts old = {.text = old_text, .in_payload = true}, new = old;
    size_t n;

    new.text = new_text;
    for (n = 254; n <= UINT16_MAX; n = n < 257 ? n + 1 : n < 65500 ? 65530 : n + 1) {
        long_text(old_text, "1", n);
        with_id(new_text, "01", old_text);
        new_text[UINT16_MAX] = '\0';
        check_replaced(&old, NULL, "01", &new);
    }
}
END_TEST

/* Replaces both ids of what may be a receipt and looks at the result. */
static unsigned
replace_any(const uint8_t *bytes, size_t n)
{
    size_t cap = n + 2 * MSGID_MAX + 8, length;
    struct receipt receipt, again;
    char id[MSGID_MAX + 1];
    struct message message;
    struct pdu pdu;
    uint8_t *out;

    if (pdu_frame(bytes, n, PDU_MAX, &pdu) != FRAME_WHOLE || !message_parse(&pdu, &message) ||
        !receipt_parse(&message, &receipt))
        return 0;
    out = malloc(cap);
    length = receipt_replace(&pdu, &message, &receipt, "T", 1, "text", 4, out, cap);
    ck_assert_uint_le(length, cap);
    if (length > 0) {
        ck_assert_int_eq(pdu_frame(out, length, PDU_MAX, &pdu), FRAME_WHOLE);
        ck_assert(message_parse(&pdu, &message) && receipt_parse(&message, &again));
        ck_assert((receipt.tlv_id.bytes == NULL) == (again.tlv_id.bytes == NULL));
        ck_assert(again.tlv_id.bytes == NULL || *again.tlv_id.bytes == 'T');
        ck_assert((receipt.text_id.bytes == NULL) == (again.text_id.bytes == NULL));
        receipt_text_id(&again, id);
        ck_assert(again.text_id.bytes == NULL || strcmp(id, "text") == 0);
    }
    free(out);
    return length > 0;
}

START_TEST(any_octets_are_read_and_replaced_within_their_bounds)
{
    static const uint8_t codings[] = {0, 1, 3, 4, 8};
    uint32_t state = 0xD1A, replaced = 0;
    uint8_t *copy;
    size_t n, i;
    int round;

    for (round = 0; round < 30000; round++) {
        struct parts parts = {
            .command = round % 3 == 0 ? SMPP_DATA_SM : SMPP_DELIVER_SM,
            .data_coding = codings[round % 5], .text = "id:1 sub:1 text:id:",
            .udh = "\4\x70\2\1\1", .udh_len = round % 7 == 0 ? 5 : 0, .in_payload = round % 2 == 0,
            .tlv = "123", .tlv_len = 3 + (size_t)(round % 2), .cut = "\4\x24\xFF\xFF",
            .cut_len = unit_random(&state) % 5,
        };

        n = make(made, &parts);
        for (i = unit_random(&state) % 4; i > 0; i--)
            made[PDU_HEADER + unit_random(&state) % (n - PDU_HEADER)] =
                (uint8_t)unit_random(&state);
        if (round % 11 == 0) {
            n -= unit_random(&state) % (n - PDU_HEADER);
            put_be32(made, (uint32_t)n);
        }
        copy = unit_copy(made, n);
        replaced += replace_any(copy, n);
        free(copy);
    }
    ck_assert_uint_gt(replaced, 10000);
}
END_TEST

UNIT_MAIN("receipt", the_id_is_found_where_the_text_may_have_it,
          the_text_is_not_read_in_other_data_codings, a_nul_ends_the_id_in_the_text,
          a_udh_that_lies_leaves_no_text, ucs_2_beyond_one_octet_is_no_id,
          both_forms_of_the_tlv_are_read_and_kept, ids_of_every_length_are_replaced_in_both_places,
          a_tlv_that_the_end_cuts_short_is_no_id_and_stays, ids_over_64_octets_are_none,
          a_new_id_over_64_octets_is_refused,
          a_text_that_became_too_long_loses_from_the_end_of_its_text_field,
          ucs_2_loses_whole_characters, what_is_two_units_long_is_lost_whole,
          a_text_field_too_short_to_lose_enough_is_refused,
          a_payload_may_grow_to_what_its_length_can_say,
          any_octets_are_read_and_replaced_within_their_bounds)
