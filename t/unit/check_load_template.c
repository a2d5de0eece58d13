/* SPDX-License-Identifier: ISC */
#include "tools/load_template.h"

#include "smpp/message.h"
#include "unit/unit.h"

/* Writes the part into *room, which the caller frees, and reads it back. */
static struct message
written(uint64_t size, enum concat_kind kind, uint8_t **room)
{
    struct load_options options = {
        .size = size, .source = "from", .destination = "46700000990", .destinations = 1000,
        .receipts = true,
    };
    struct load_part part = {
        .number = 1234, .destination = 15, .kind = (uint8_t)kind, .reference = 0xABCD,
        .total = 7, .part = 3,
    };
    struct load_templates templates;
    struct message message;
    struct pdu pdu;
    size_t n;

    ck_assert(load_templates_init(&templates, &options));
    n = load_template_length(&templates, &part);
    *room = malloc(n);
    ck_assert_ptr_nonnull(*room);
    load_template_write(&templates, &part, 0x01020304, *room);
    load_templates_fini(&templates);
    ck_assert_int_eq(pdu_frame(*room, n, PDU_MAX, &pdu), FRAME_WHOLE);
    ck_assert_uint_eq(pdu.length, n);
    ck_assert_uint_eq(pdu.number, 0x01020304);
    ck_assert(message_parse(&pdu, &message));
    return message;
}

START_TEST(every_kind_and_size_is_a_submit_sm_that_can_be_read_back)
{
    static const uint64_t sizes[] = {0, 15, 16, 140, 248, 249, 250, 255, 256, 300, 60000};
    struct message message;
    struct concat concat;
    struct octets text;
    bool malformed;
    unsigned kind, i;
    uint8_t *room;
    size_t udh;

    for (kind = CONCAT_NONE; kind <= CONCAT_SAR; kind++)
        for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            message = written(sizes[i], (enum concat_kind)kind, &room);
            concat = concat_peek(&message, &malformed);
            ck_assert_uint_eq(concat.kind, kind);
            ck_assert(!malformed);
            if (kind != CONCAT_NONE) {
                ck_assert_uint_eq(concat.reference, kind == CONCAT_UDH8 ? 0xCD : 0xABCD);
                ck_assert_uint_eq(concat.total, 7);
                ck_assert_uint_eq(concat.part, 3);
            }
            text = message_text(&message);
            udh = kind == CONCAT_UDH8 ? 6 : kind == CONCAT_UDH16 ? 7 : 0;
            ck_assert_uint_eq(text.len, udh + sizes[i]);
            if (sizes[i] >= LOAD_MARK_SIZE)
                ck_assert_mem_eq(text.bytes + udh, "load-0000001234 ", LOAD_MARK_SIZE);
            ck_assert_uint_eq(message.destination.addr.len, 11);
            ck_assert_mem_eq(message.destination.addr.bytes, "46700001005", 11);
            ck_assert_uint_eq(message.registered_delivery, 1);
            free(room);
        }
}
END_TEST

UNIT_MAIN("load_template", every_kind_and_size_is_a_submit_sm_that_can_be_read_back)
