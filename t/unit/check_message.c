/* SPDX-License-Identifier: ISC */
#include "smpp/message.h"

#include "smpp/tlv.h"
#include "smpp/writer.h"
#include "unit/unit.h"

static struct pdu
framed(const uint8_t *bytes, size_t n)
{
    struct pdu pdu;

    ck_assert_int_eq(pdu_frame(bytes, n, PDU_MAX, &pdu), FRAME_WHOLE);
    return pdu;
}

static bool
is(struct octets octets, const char *text)
{
    return octets.len == strlen(text) && memcmp(octets.bytes, text, octets.len) == 0;
}

/* All that follows the addresses in a submit_sm, deliver_sm or submit_multi. */
static void
write_tail(struct writer *w)
{
    writer_u8(w, 0x41);         /* esm_class */
    writer_u8(w, 0x7F);         /* protocol_id */
    writer_u8(w, 3);            /* priority_flag */
    writer_cstring(w, "261231235959000+");
    writer_cstring(w, "000001000000000R");
    writer_u8(w, 1);            /* registered_delivery */
    writer_u8(w, 1);            /* replace_if_present_flag */
    writer_u8(w, 8);            /* data_coding */
    writer_u8(w, 5);            /* sm_default_msg_id */
    writer_u8(w, 4);
    writer_bytes(w, "text", 4);
    writer_tlv(w, SMPP_TLV_USER_MESSAGE_REFERENCE, "\1\2", 2);
}

static void
write_head(struct writer *w, uint8_t *room, size_t cap, uint32_t command)
{
    writer_begin(w, room, cap, command, 0, 1);
    writer_cstring(w, "WAP");
    writer_u8(w, 5);
    writer_u8(w, 0);
    writer_cstring(w, "Acme");
}

static size_t
write_sm(uint8_t *room, size_t cap, uint32_t command)
{
    struct writer w;

    write_head(&w, room, cap, command);
    writer_u8(&w, 1);
    writer_u8(&w, 2);
    writer_cstring(&w, "46700000001");
    if (command == SMPP_DATA_SM) {
        writer_bytes(&w, "\x41\x01\x08", 3);
        writer_tlv(&w, SMPP_TLV_MESSAGE_PAYLOAD, "text", 4);
    } else {
        write_tail(&w);
    }
    return writer_end(&w);
}

static size_t
write_multi(uint8_t *room, size_t cap)
{
    struct writer w;

    write_head(&w, room, cap, SMPP_SUBMIT_MULTI);
    writer_u8(&w, 3);
    writer_bytes(&w, "\1\1\2" "46700000001", 15);
    writer_bytes(&w, "\2" "staff", 7);
    writer_bytes(&w, "\1\1\1" "46700000002", 15);
    write_tail(&w);
    return writer_end(&w);
}

static size_t
write_any(uint8_t *room, size_t cap, uint32_t command)
{
    return command == SMPP_SUBMIT_MULTI ? write_multi(room, cap) : write_sm(room, cap, command);
}

static const uint32_t commands[] = {SMPP_SUBMIT_SM, SMPP_DELIVER_SM, SMPP_DATA_SM,
                                    SMPP_SUBMIT_MULTI};

START_TEST(the_facts_of_all_four_commands_are_read)
{
    struct message message;
    uint8_t room[300];
    struct pdu pdu;
    size_t i;

    for (i = 0; i < 4; i++) {
        memset(&message, 0xAA, sizeof(message));
        pdu = framed(room, write_any(room, sizeof(room), commands[i]));
        ck_assert(message_parse(&pdu, &message));
        ck_assert(is(message.service_type, "WAP"));
        ck_assert_uint_eq(message.source.ton, 5);
        ck_assert_uint_eq(message.source.npi, 0);
        ck_assert(is(message.source.addr, "Acme"));
        ck_assert_uint_eq(message.destination.ton, 1);
        ck_assert_uint_eq(message.destination.npi, 2);
        ck_assert(is(message.destination.addr, "46700000001"));
        ck_assert_uint_eq(message.esm_class, 0x41);
        ck_assert_uint_eq(message.registered_delivery, 1);
        ck_assert_uint_eq(message.replace_if_present, commands[i] == SMPP_DATA_SM ? 0 : 1);
        ck_assert_uint_eq(message.data_coding, 8);
        ck_assert_uint_eq(message.short_message.len, commands[i] == SMPP_DATA_SM ? 0 : 4);
        ck_assert(is(message_text(&message), "text"));
    }
}
END_TEST

START_TEST(one_cut_at_any_length_is_never_read_behind_its_end)
{
    struct message message;
    uint8_t room[300], *copy;
    struct pdu pdu;
    size_t i, n, whole;
    bool good;

    for (i = 0; i < 4; i++) {
        whole = write_any(room, sizeof(room), commands[i]);
        for (n = PDU_HEADER; n <= whole; n++) {
            put_be32(room, (uint32_t)n);
            copy = unit_copy(room, n);
            pdu = framed(copy, n);
            good = message_parse(&pdu, &message);
            /* the optional part, 6 or 8 octets long, may be cut: it passes */
            ck_assert(good == (n >= whole - (commands[i] == SMPP_DATA_SM ? 8 : 6)));
            if (good)
                ck_assert_uint_le(message_text(&message).len, 4);
            free(copy);
        }
    }
}
END_TEST

START_TEST(a_text_length_that_lies_is_refused)
{
    struct message message;
    uint8_t room[300], *copy;
    struct pdu pdu;
    size_t n;

    n = write_sm(room, sizeof(room), SMPP_SUBMIT_SM);
    ck_assert_uint_eq(room[n - 11], 4);
    room[n - 11] = 255;
    copy = unit_copy(room, n);
    pdu = framed(copy, n);
    ck_assert(!message_parse(&pdu, &message));
    free(copy);
}
END_TEST

static bool
parse_multi(const void *destinations, size_t n, struct message *message)
{
    static uint8_t room[6000];
    struct writer w;
    struct pdu pdu;

    write_head(&w, room, sizeof(room), SMPP_SUBMIT_MULTI);
    writer_bytes(&w, destinations, n);
    write_tail(&w);
    pdu = framed(room, writer_end(&w));
    return message_parse(&pdu, message);
}

START_TEST(submit_multi_gives_its_first_destination_that_is_no_list)
{
    struct message message;

    ck_assert(parse_multi("\1\1\1\1" "123", 8, &message));
    ck_assert(is(message.destination.addr, "123"));
    ck_assert(is(message.short_message, "text"));
    ck_assert(parse_multi("\1\2" "staff", 8, &message));
    ck_assert_uint_eq(message.destination.addr.len, 0);
    ck_assert(is(message.short_message, "text"));
    ck_assert(parse_multi("\2\2" "staff\0\1\1\1" "123", 15, &message));
    ck_assert(is(message.destination.addr, "123"));
    ck_assert(parse_multi("\0", 1, &message));
    ck_assert_uint_eq(message.destination.addr.len, 0);
    ck_assert(is(message.short_message, "text"));
}
END_TEST

START_TEST(a_broadcast_has_a_source)
{
    static uint8_t room[100];
    struct address source;
    struct writer w;
    struct pdu pdu;
    size_t n;

    writer_begin(&w, room, sizeof(room), SMPP_BROADCAST_SM, SMPP_ROK, 1);
    writer_bytes(&w, "CBS\0\5\1" "Acme", 11);
    n = writer_end(&w);
    pdu = framed(room, n);
    ck_assert(message_parse_broadcast(&pdu, &source));
    ck_assert(is(source.addr, "Acme"));
    ck_assert_uint_eq(source.ton, 5);
    pdu = framed(room, n);
    pdu.length--;
    ck_assert(!message_parse_broadcast(&pdu, &source));
    pdu.length++;
    pdu.command = SMPP_SUBMIT_SM;
    ck_assert(!message_parse_broadcast(&pdu, &source));
}
END_TEST

START_TEST(submit_multi_takes_255_destinations)
{
    uint8_t list[1 + 255 * 6] = {255};
    struct message message;
    size_t i;

    for (i = 0; i < 255; i++)
        memcpy(list + 1 + 6 * i, "\1\1\1" "46", 6);
    ck_assert(parse_multi(list, sizeof(list), &message));
    ck_assert(is(message.destination.addr, "46"));
    ck_assert(is(message.short_message, "text"));
}
END_TEST

START_TEST(submit_multi_with_a_destination_flag_of_no_kind_is_refused)
{
    struct message message;

    ck_assert(!parse_multi("\1\3\1\1" "123", 8, &message));
    ck_assert(!parse_multi("\1\0\1\1" "123", 8, &message));
    ck_assert(!parse_multi("\2\1\1\1" "123\0\7", 9, &message));
}
END_TEST

START_TEST(other_commands_have_no_such_fields)
{
    struct message message;
    uint8_t room[300];
    struct pdu pdu;
    size_t n = write_sm(room, sizeof(room), SMPP_SUBMIT_SM);

    pdu = framed(room, n);
    pdu.command = SMPP_QUERY_SM;
    ck_assert(!message_parse(&pdu, &message));
    pdu.command = SMPP_SUBMIT_SM | SMPP_RESPONSE;
    ck_assert(!message_parse(&pdu, &message));
    pdu.command = 0x00010200;
    ck_assert(!message_parse(&pdu, &message));
}
END_TEST

START_TEST(the_text_is_the_payload_only_where_short_message_is_empty)
{
    static const uint8_t tlv[] = {4, 0x24, 0, 1, 'P'};
    struct message message = {.optional = {tlv, sizeof(tlv)}};

    ck_assert(is(message_text(&message), "P"));
    message.short_message = (struct octets){(const uint8_t *)"S", 1};
    ck_assert(is(message_text(&message), "S"));
}
END_TEST

START_TEST(receipts_are_told_by_esm_class)
{
    struct message message = {0};
    unsigned esm_class;

    for (esm_class = 0; esm_class < 256; esm_class++) {
        unsigned type = esm_class >> 2 & 0xF;

        message.esm_class = (uint8_t)esm_class;
        ck_assert(message_is_receipt(&message) ==
                  (type == 1 || type == 2 || type == 4 || type == 8));
    }
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
    static const size_t lengths[] = {0, 1, 140, 254, 255, 256, 5000};
    static const uint8_t optional[] = {2, 4, 0, 2, 0, 7};
    static uint8_t room[6000];
    struct message_fields fields = {
        .source = "100", .destination = "200", .esm_class = 4, .registered_delivery = 1,
        .data_coding = 3, .optional = optional, .optional_len = sizeof(optional),
    };
    char text[5000];
    struct message message;
    struct octets value;
    struct pdu pdu;
    size_t i, c, n;

    memset(text, 't', sizeof(text));
    fields.text = text;
    for (c = 0; c < 3; c++)
        for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            fields.text_len = lengths[i];
            n = message_write(room, sizeof(room), commands[c], 6, &fields);
            pdu = framed(room, n);
            ck_assert(message_parse(&pdu, &message));
            ck_assert(is(message.source.addr, "100"));
            ck_assert(is(message.destination.addr, "200"));
            ck_assert_uint_eq(message.esm_class, 4);
            ck_assert_uint_eq(message.registered_delivery, 1);
            ck_assert_uint_eq(message.data_coding, 3);
            ck_assert_uint_eq(message_text(&message).len, lengths[i]);
            ck_assert(tlv_find(message.optional, SMPP_TLV_USER_MESSAGE_REFERENCE, &value));
            ck_assert_uint_eq(message_write(room, n - 1, commands[c], 6, &fields), 0);
        }
}
END_TEST

UNIT_MAIN("message", the_facts_of_all_four_commands_are_read,
          one_cut_at_any_length_is_never_read_behind_its_end, a_text_length_that_lies_is_refused,
          submit_multi_gives_its_first_destination_that_is_no_list,
          a_broadcast_has_a_source, submit_multi_takes_255_destinations,
          submit_multi_with_a_destination_flag_of_no_kind_is_refused,
          other_commands_have_no_such_fields,
          the_text_is_the_payload_only_where_short_message_is_empty,
          receipts_are_told_by_esm_class, what_is_written_reads_the_same)
