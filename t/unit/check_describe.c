/* SPDX-License-Identifier: ISC */
#include "smpp/describe.h"

#include <stdio.h>

#include "smpp/bind.h"
#include "smpp/message.h"
#include "smpp/tlv.h"
#include "smpp/writer.h"
#include "unit/unit.h"

static char shown[65536];

static void
on_field(void *owner, const char *name, const char *value)
{
    size_t len = strlen(shown);

    (void)owner;
    snprintf(shown + len, sizeof(shown) - len, "%s%s=%s", len > 0 ? " | " : "", name, value);
}

static const char *
show(const void *bytes, size_t n, bool text)
{
    struct describe how = {.on_field = on_field, .text = text};
    uint8_t *copy = unit_copy(bytes, n);

    shown[0] = '\0';
    describe(&how, copy, n);
    free(copy);
    return shown;
}

/* A PDU with this body. */
static const char *
show_body(uint32_t command, const void *body, size_t n, bool text)
{
    uint8_t bytes[4096];
    struct writer w;

    writer_begin(&w, bytes, sizeof(bytes), command, 0, 7);
    writer_bytes(&w, body, n);
    return show(bytes, writer_end(&w), text);
}

static const char *
show_message(uint32_t command, const struct message_fields *fields, bool text)
{
    uint8_t bytes[4096];

    return show(bytes, message_write(bytes, sizeof(bytes), command, 7, fields), text);
}

#define BASE .source = "111", .destination = "222"
#define ADDRESSES "source=1/1/111 | destination=1/1/222"

START_TEST(a_bind_is_shown_without_its_password)
{
    uint8_t bytes[256];
    size_t n = bind_write(bytes, sizeof(bytes), SMPP_BIND_TRANSCEIVER, 1, "acme", "secret", "VMA",
                          0x34);

    ck_assert_str_eq(show(bytes, n, true),
                     "system_id=acme | system_type=VMA | interface_version=0x34");
}
END_TEST

START_TEST(whatever_is_wrong_with_a_bind_nothing_of_its_password_is_shown)
{
    uint8_t bytes[256];
    size_t n = bind_write(bytes, sizeof(bytes), SMPP_BIND_RECEIVER, 1, "acme", "secret", "VMA",
                          0x34), i;

    for (i = PDU_HEADER; i <= n; i++) {
        put_be32(bytes, (uint32_t)i);
        ck_assert_ptr_null(strstr(show(bytes, i, true), "secr"));
        ck_assert_ptr_null(strstr(shown, "736563"));
    }
    ck_assert_str_eq(show_body(SMPP_BIND_RECEIVER, "acme\0secret", 11, true),
                     "system_id=acme | malformed=password is cut short");
    ck_assert_str_eq(show_body(SMPP_OUTBIND, "acme\0secret\0\xFF\xFF\0\6secret", 22, true),
                     "system_id=acme | 0xffff=6 octets");
}
END_TEST

START_TEST(a_message_is_shown_without_its_text)
{
    struct message_fields fields = {BASE, .text = "hello", .text_len = 5, .registered_delivery = 1};

    ck_assert_str_eq(show_message(SMPP_SUBMIT_SM, &fields, false),
                     ADDRESSES " | esm_class=0x00 | registered_delivery=0x01 | data_coding=0 | "
                     "text_octets=5");
    ck_assert_str_eq(show_message(SMPP_DATA_SM, &fields, false),
                     ADDRESSES " | esm_class=0x00 | registered_delivery=0x01 | data_coding=0 | "
                     "text_octets=5");
}
END_TEST

static const char *
text_of(uint8_t data_coding, const void *text, size_t n)
{
    struct message_fields fields = {BASE, .text = text, .text_len = n, .data_coding = data_coding};

    return strstr(show_message(SMPP_SUBMIT_SM, &fields, true), "text_octets");
}

START_TEST(the_text_is_shown_by_its_data_coding_where_it_is_asked_for)
{
    ck_assert_str_eq(text_of(0, "a@\0\x1B\x65\x1B\x3C\x10", 8),
                     "text_octets=8 | text=a¡@€[Δ");
    ck_assert_str_eq(text_of(1, "a@\xE5", 3), "text_octets=3 | text=a@\\xe5");
    ck_assert_str_eq(text_of(3, "\xE5\xF6", 2), "text_octets=2 | text=åö");
    ck_assert_str_eq(text_of(8, "\x20\xAC\xD8\x3D\xDE\0\0a", 8), "text_octets=8 | text=€😀a");
    ck_assert_str_eq(text_of(4, "\1\xFF", 2), "text_octets=2 | text_hex=01ff");
    ck_assert_str_eq(text_of(8, "\0a\0", 3), "text_octets=3 | text=a\\x00");
}
END_TEST

START_TEST(nothing_in_a_text_can_control_a_terminal)
{
    ck_assert_str_eq(text_of(3, "\x1B[2J\r\n\t\x7F\x9B\\", 10),
                     "text_octets=10 | text=\\x1b[2J\\r\\n\\t\\x7f\\u{9b}\\\\");
    ck_assert_str_eq(text_of(8, "\x20\x2E\xD8\0\0\0\xFF\xFE", 8),
                     "text_octets=8 | text=\\u{202e}\\u{d800}\\x00\\u{fffe}");
    ck_assert_str_eq(text_of(0, "\x1B", 1), "text_octets=1 | text=\\x1b");
}
END_TEST

START_TEST(the_user_data_header_is_shown)
{
    struct message_fields fields = {BASE, .esm_class = ESM_UDHI,
                                    .text = "\13\5\4\x0B\x84\x23\xF0\0\3\7\2\1x", .text_len = 13};

    ck_assert_str_eq(strstr(show_message(SMPP_SUBMIT_SM, &fields, true), "data_coding"),
                     "data_coding=0 | ports=9200 > 2948 | part=1/2 | reference=7 | text_octets=1 | "
                     "text=x");
    fields.text = "\6\10\4\1\2\3\2\7\x24\1\3";
    fields.text_len = 7;
    ck_assert_ptr_nonnull(strstr(show_message(SMPP_SUBMIT_SM, &fields, false),
                                 "part=2/3 | reference=258 | text_octets=0"));
    fields.text = "\3\x24\1\3hi";
    fields.text_len = 6;
    ck_assert_ptr_nonnull(strstr(show_message(SMPP_SUBMIT_SM, &fields, false),
                                 "udh_24=03 | text_octets=2"));
    fields.text = "\7\x24\5" "helloyou";     /* it is text, and has no header */
    fields.text_len = 11;
    ck_assert_ptr_nonnull(strstr(show_message(SMPP_SUBMIT_SM, &fields, false),
                                 "udh_24=5 octets | text_octets=3"));
    ck_assert_ptr_nonnull(strstr(show_message(SMPP_SUBMIT_SM, &fields, true),
                                 "udh_24=68656c6c6f | text_octets=3"));
    fields.text = "\xC8hidden";
    fields.text_len = 7;
    show_message(SMPP_SUBMIT_SM, &fields, false);
    ck_assert_ptr_nonnull(strstr(shown, "malformed=the user data header is cut short"));
    ck_assert_ptr_null(strstr(shown, "hidden"));
}
END_TEST

START_TEST(a_receipts_fields_are_shown_and_not_its_text)
{
    static const char text[] =
        "id:0123 sub:001 dlvrd:001 submit date:2611231000 done date:2611231001 stat:DELIVRD "
        "err:000 text:id:mine hello";
    struct message_fields fields = {BASE, .esm_class = ESM_RECEIPT, .text = text,
                                    .text_len = sizeof(text) - 1,
                                    .optional = "\0\x1E\0\5""0123\0\4\x27\0\1\2",
                                    .optional_len = 14};

    ck_assert_str_eq(strstr(show_message(SMPP_DELIVER_SM, &fields, false), "receipt_id"),
                     "receipt_id=0123 | receipt_sub=001 | receipt_dlvrd=001 | "
                     "receipt_submit_date=2611231000 | receipt_done_date=2611231001 | "
                     "receipt_stat=DELIVRD | receipt_err=000 | text_octets=109 | "
                     "receipted_message_id=0123 | message_state=2 DELIVERED");
    ck_assert_ptr_null(strstr(show_message(SMPP_SUBMIT_SM, &fields, false), "receipt_id"));
    fields.text = "id:0123;err:000;Text:hello";
    fields.text_len = strlen(fields.text);
    ck_assert_ptr_nonnull(strstr(show_message(SMPP_DELIVER_SM, &fields, false),
                                 "receipt_id=0123;err:000; | text_octets=26"));
    ck_assert_ptr_null(strstr(shown, "hello"));
}
END_TEST

START_TEST(responses_are_shown)
{
    ck_assert_str_eq(show_body(SMPP_SUBMIT_SM | SMPP_RESPONSE, "0142\0", 5, false),
                     "message_id=0142");
    ck_assert_str_eq(show_body(SMPP_SUBMIT_SM | SMPP_RESPONSE, "", 0, false), "");
    ck_assert_str_eq(show_body(SMPP_QUERY_SM | SMPP_RESPONSE, "42\0" "261123100000000+\0\2\1", 22,
                               false),
                     "message_id=42 | final_date=261123100000000+ | message_state=2 DELIVERED | "
                     "error_code=1");
    ck_assert_str_eq(show_body(SMPP_SUBMIT_MULTI | SMPP_RESPONSE, "42\0\1\1\1" "46701\0\0\0\0\13",
                               16, false),
                     "message_id=42 | refused=1/1/46701 ESME_RINVDSTADR");
    ck_assert_str_eq(show_body(SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, "smsc\0\2\x10\0\1\x34", 10,
                               false),
                     "system_id=smsc | sc_interface_version=34");
    ck_assert_str_eq(show_body(SMPP_GENERIC_NACK, "", 0, false), "");
}
END_TEST

START_TEST(optional_parameters_are_shown_by_name)
{
    struct message_fields fields = {BASE, .optional = "\2\4\0\2\1\1\x14\1\0\2\xAB\xCD\2\x0E\0\1\3",
                                    .optional_len = 17};

    ck_assert_str_eq(strstr(show_message(SMPP_SUBMIT_SM, &fields, false), "data_coding"),
                     "data_coding=0 | user_message_reference=257 | 0x1401=abcd | "
                     "sar_total_segments=3");
}
END_TEST

START_TEST(octets_that_may_be_text_are_not_shown_unless_it_is_asked_for)
{
    struct message_fields fields = {BASE, .optional = "\x14\1\0\5hello\3\x81\0\5\0\1\1" "46",
                                    .optional_len = 18};
    static const char body[] = "\0\1\1" "111\0\1\1" "222\0\0\0\0\0\0\0\0\x08\0\2"
                               "\0h\0e\0\5" "llooo";

    ck_assert_str_eq(strstr(show_message(SMPP_SUBMIT_SM, &fields, false), "data_coding"),
                     "data_coding=0 | 0x1401=5 octets | callback_num=0001013436");
    ck_assert_str_eq(strstr(show_message(SMPP_SUBMIT_SM, &fields, true), "data_coding"),
                     "data_coding=0 | 0x1401=68656c6c6f | callback_num=0001013436");
    /* sm_length has counted characters, and what is behind it looks like a parameter */
    ck_assert_str_eq(strstr(show_body(SMPP_SUBMIT_SM, body, sizeof(body) - 1, false), "text"),
                     "text_octets=2 | 0x0065=5 octets");
    ck_assert_str_eq(show_body(SMPP_DELIVER_SM | SMPP_RESPONSE, "\0\4\x24\0\7hello", 10, false),
                     "malformed=an optional parameter is cut short");
}
END_TEST

START_TEST(what_lies_is_said_to_and_its_rest_hides_the_text)
{
    static const char body[] = "\0\1\1" "111\0\1\1" "222\0\0\0\0\0\0\0\0\0\0\x20hidden";
    uint8_t bytes[64] = {0};

    show_body(SMPP_SUBMIT_SM, body, sizeof(body) - 1, false);
    ck_assert_ptr_nonnull(strstr(shown, "malformed=sm_length is 32, and 6 octets are left"));
    ck_assert_ptr_null(strstr(shown, "hidden"));
    ck_assert_str_eq(show_body(SMPP_SUBMIT_SM, "no end", 6, false),
                     "malformed=service_type is cut short");
    ck_assert_str_eq(show_body(SMPP_SUBMIT_SM, "no end", 6, true),
                     "malformed=service_type is cut short | rest=6e6f20656e64");
    ck_assert_str_eq(show_body(SMPP_QUERY_SM, "42", 2, false),
                     "malformed=message_id is cut short | rest=3432");
    ck_assert_str_eq(show_body(0x10200, "hidden", 6, false), "body=6 octets");
    ck_assert_str_eq(show_body(0x10200, "shown", 5, true), "body=73686f776e");
    put_be32(bytes, 7);
    ck_assert_str_eq(show(bytes, 16, true), "malformed=command_length is 7");
    ck_assert_str_eq(show(bytes, 15, true), "");
}
END_TEST

START_TEST(of_a_long_message_what_was_kept_is_shown)
{
    struct message_fields fields = {BASE, .text_len = 1500};
    uint8_t bytes[4096];
    char text[1500];
    size_t n;

    memset(text, 'x', sizeof(text));
    fields.text = text;
    n = message_write(bytes, sizeof(bytes), SMPP_SUBMIT_SM, 7, &fields);
    show(bytes, 1024, true);
    ck_assert_ptr_nonnull(strstr(shown, "text_octets=1500 | text=xxx"));
    ck_assert_ptr_nonnull(strstr(shown, "x | kept=1024 of 1543 octets"));
    ck_assert_ptr_null(strstr(shown, "malformed"));
    ck_assert_ptr_null(strstr(show(bytes, 30, true), "malformed"));
    ck_assert_uint_eq(n, 1543);
}
END_TEST

START_TEST(any_octets_are_described_without_a_read_behind_their_end)
{
    static const uint32_t commands[] = {
        SMPP_BIND_RECEIVER, SMPP_SUBMIT_SM, SMPP_DELIVER_SM, SMPP_DATA_SM, SMPP_SUBMIT_MULTI,
        SMPP_QUERY_SM, SMPP_REPLACE_SM, SMPP_CANCEL_SM, SMPP_ALERT_NOTIFICATION, SMPP_BROADCAST_SM,
    };
    uint8_t bytes[300];
    uint32_t state = 1;
    size_t n, i;
    int round;

    for (round = 0; round < 20000; round++) {
        n = unit_random(&state) % sizeof(bytes);
        for (i = 0; i < n; i++)
            bytes[i] = (uint8_t)(unit_random(&state) % (round % 2 == 0 ? 4 : 256));
        if (n >= PDU_HEADER) {
            put_be32(bytes, (uint32_t)(n + (unit_random(&state) % 8 == 0 ? 3 : 0)));
            put_be32(bytes + 4, commands[unit_random(&state) % 10] |
                                    (unit_random(&state) % 4 == 0 ? SMPP_RESPONSE : 0));
        }
        (void)show(bytes, n, round % 3 == 0);
    }
}
END_TEST

UNIT_MAIN("describe", a_bind_is_shown_without_its_password,
          whatever_is_wrong_with_a_bind_nothing_of_its_password_is_shown,
          a_message_is_shown_without_its_text,
          the_text_is_shown_by_its_data_coding_where_it_is_asked_for,
          nothing_in_a_text_can_control_a_terminal, the_user_data_header_is_shown,
          a_receipts_fields_are_shown_and_not_its_text, responses_are_shown,
          optional_parameters_are_shown_by_name,
          octets_that_may_be_text_are_not_shown_unless_it_is_asked_for,
          what_lies_is_said_to_and_its_rest_hides_the_text,
          of_a_long_message_what_was_kept_is_shown,
          any_octets_are_described_without_a_read_behind_their_end)
