/* SPDX-License-Identifier: ISC */
#include "smpp/message.h"

#include "smpp/tlv.h"
#include "smpp/writer.h"

#define DEST_FLAG_SME 1
#define DEST_FLAG_LIST 2

static struct address
read_address(struct reader *r)
{
    struct address address;

    address.ton = reader_u8(r);
    address.npi = reader_u8(r);
    address.addr = reader_cstring(r);
    return address;
}

/* number_of_dests and that many addresses or list names, §4.5.1. */
static void
read_destinations(struct reader *r, struct address *first)
{
    unsigned count = reader_u8(r), i;
    struct address address;

    *first = (struct address){0};
    for (i = 0; i < count && !r->cut; i++)
        switch (reader_u8(r)) {
        case DEST_FLAG_SME:
            address = read_address(r);
            if (first->addr.bytes == NULL)
                *first = address;
            break;
        case DEST_FLAG_LIST:
            reader_cstring(r);
            break;
        default:
            r->cut = true;
        }
}

static void
read_sm(struct reader *r, struct message *message)
{
    message->esm_class = reader_u8(r);
    reader_u8(r);       /* protocol_id */
    reader_u8(r);       /* priority_flag */
    reader_cstring(r);  /* schedule_delivery_time */
    reader_cstring(r);  /* validity_period */
    message->registered_delivery = reader_u8(r);
    message->replace_if_present = reader_u8(r);
    message->data_coding = reader_u8(r);
    reader_u8(r);       /* sm_default_msg_id */
    message->short_message = reader_octets(r, reader_u8(r));
}

static void
read_data(struct reader *r, struct message *message)
{
    message->esm_class = reader_u8(r);
    message->registered_delivery = reader_u8(r);
    message->replace_if_present = 0;
    message->data_coding = reader_u8(r);
    message->short_message = (struct octets){r->at, 0};
}

bool
message_parse(const struct pdu *pdu, struct message *message)
{
    struct reader r;

    if (pdu->command != SMPP_SUBMIT_SM && pdu->command != SMPP_DELIVER_SM &&
        pdu->command != SMPP_DATA_SM && pdu->command != SMPP_SUBMIT_MULTI)
        return false;
    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    message->service_type = reader_cstring(&r);
    message->addresses.bytes = r.at;
    message->source = read_address(&r);
    if (pdu->command == SMPP_SUBMIT_MULTI)
        read_destinations(&r, &message->destination);
    else
        message->destination = read_address(&r);
    message->addresses.len = (size_t)(r.at - message->addresses.bytes);
    if (pdu->command == SMPP_DATA_SM)
        read_data(&r, message);
    else
        read_sm(&r, message);
    message->optional = reader_octets(&r, reader_left(&r));
    return !r.cut;
}

bool
message_parse_broadcast(const struct pdu *pdu, struct address *source)
{
    struct reader r;

    if (pdu->command != SMPP_BROADCAST_SM)
        return false;
    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    reader_cstring(&r);     /* service_type */
    *source = read_address(&r);
    return !r.cut;
}

struct octets
message_text(const struct message *message)
{
    struct octets payload;

    if (message->short_message.len == 0 &&
        tlv_find(message->optional, SMPP_TLV_MESSAGE_PAYLOAD, &payload))
        return payload;
    return message->short_message;
}

bool
message_is_receipt(const struct message *message)
{
    uint8_t type = message->esm_class & ESM_TYPE_MASK;

    return type == 0x04 || type == 0x08 || type == 0x10 || type == 0x20;
}

static void
write_address(struct writer *w, const char *addr)
{
    writer_u8(w, 1);
    writer_u8(w, 1);
    writer_cstring(w, addr);
}

size_t
message_write(uint8_t *room, size_t cap, uint32_t command, uint32_t number,
              const struct message_fields *fields)
{
    bool payload = command == SMPP_DATA_SM || fields->text_len > UINT8_MAX;
    struct writer w;

    writer_begin(&w, room, cap, command, SMPP_ROK, number);
    writer_cstring(&w, "");
    write_address(&w, fields->source);
    write_address(&w, fields->destination);
    writer_u8(&w, fields->esm_class);
    if (command != SMPP_DATA_SM)
        writer_bytes(&w, "\0\0\0\0", 4);    /* protocol, priority, schedule, validity */
    writer_u8(&w, fields->registered_delivery);
    if (command != SMPP_DATA_SM)
        writer_u8(&w, 0);                   /* replace_if_present_flag */
    writer_u8(&w, fields->data_coding);
    if (command != SMPP_DATA_SM) {
        writer_u8(&w, 0);                   /* sm_default_msg_id */
        writer_u8(&w, payload ? 0 : (uint8_t)fields->text_len);
        writer_bytes(&w, fields->text, payload ? 0 : fields->text_len);
    }
    if (payload)
        writer_tlv(&w, SMPP_TLV_MESSAGE_PAYLOAD, fields->text, fields->text_len);
    writer_bytes(&w, fields->optional, fields->optional_len);
    return writer_end(&w);
}
