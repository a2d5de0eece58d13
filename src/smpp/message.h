/* SPDX-License-Identifier: ISC */
#ifndef SMPP_MESSAGE_H
#define SMPP_MESSAGE_H

#include "base/ensure.h"
#include "smpp/pdu.h"
#include "smpp/reader.h"

/* esm_class, §5.2.12 */
#define ESM_TYPE_MASK 0x3C
#define ESM_RECEIPT 0x04
#define ESM_UDHI 0x40

struct address {
    uint8_t ton;
    uint8_t npi;
    struct octets addr;
};

/*
 * The facts of a submit_sm, deliver_sm (§4.4, §4.6), data_sm (§4.7) or
 * submit_multi (§4.5) that smpplex or its tools read. Views into the PDU.
 */
struct message {
    struct octets service_type;
    struct octets addresses;        /* source and destinations as they stand */
    struct address source;
    struct address destination;     /* submit_multi: the first that is no list; or empty */
    uint8_t esm_class;
    uint8_t registered_delivery;
    uint8_t replace_if_present;     /* 0 in data_sm */
    uint8_t data_coding;
    struct octets short_message;    /* empty in data_sm */
    struct octets optional;         /* the TLVs */
};

/* False: the command has no such fields, or the body ends before they do. */
MUST_USE bool
message_parse(const struct pdu *pdu, struct message *message);

/* The source of a broadcast_sm (SMPP v5.0 §4.4.1). False: it is none, or ends before. */
MUST_USE bool
message_parse_broadcast(const struct pdu *pdu, struct address *source);

/* The user data: short_message, or the message_payload TLV when that is empty. */
struct octets
message_text(const struct message *message);

/* Is it a receipt: delivery receipt, acknowledgement or intermediate
 * notification (§5.2.12)? */
bool
message_is_receipt(const struct message *message);

/* What message_write puts into a submit_sm or deliver_sm. */
struct message_fields {
    const char *source;
    const char *destination;
    uint8_t esm_class;
    uint8_t registered_delivery;
    uint8_t data_coding;
    const void *text;       /* over 255 octets it goes into message_payload */
    size_t text_len;
    const void *optional;   /* TLVs as they are on the wire, or NULL */
    size_t optional_len;
};

/* Writes a submit_sm, deliver_sm or data_sm; returns its length, 0: it didn't fit. */
size_t
message_write(uint8_t *room, size_t cap, uint32_t command, uint32_t number,
              const struct message_fields *fields);

#endif
