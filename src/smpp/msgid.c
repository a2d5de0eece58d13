/* SPDX-License-Identifier: ISC */
/*
 * Where a message_id stands in PDUs other than receipts, how another is put in
 * its place, and which spellings of an id may mean the same. Knows neither
 * tags nor nodes: what to put there is the caller's affair.
 */
#include "smpp/msgid.h"

#include <inttypes.h>
#include <stdio.h>

enum place {
    PLACE_NONE,
    PLACE_FIRST,
    PLACE_SECOND,   /* behind service_type */
};

static enum place
place_of(uint32_t command)
{
    switch (command) {
    case SMPP_SUBMIT_SM | SMPP_RESPONSE:
    case SMPP_SUBMIT_MULTI | SMPP_RESPONSE:
    case SMPP_DATA_SM | SMPP_RESPONSE:
    case SMPP_QUERY_SM | SMPP_RESPONSE:
    case SMPP_BROADCAST_SM | SMPP_RESPONSE:
    case SMPP_QUERY_BROADCAST_SM | SMPP_RESPONSE:
    case SMPP_QUERY_SM:
    case SMPP_REPLACE_SM:
    case SMPP_QUERY_BROADCAST_SM:
        return PLACE_FIRST;
    case SMPP_CANCEL_SM:
    case SMPP_CANCEL_BROADCAST_SM:
        return PLACE_SECOND;
    default:            /* a number off the wire, no enum of ours */
        return PLACE_NONE;
    }
}

bool
msgid_locate(const struct pdu *pdu, struct octets *id)
{
    enum place place = place_of(pdu->command);
    struct reader r;

    if (place == PLACE_NONE)
        return false;
    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    if (place == PLACE_SECOND)
        reader_cstring(&r);
    *id = reader_cstring(&r);
    return !r.cut;
}

size_t
msgid_replace(const struct pdu *pdu, struct octets id, const void *new_id, size_t new_len,
              uint8_t *out, size_t cap)
{
    size_t before = (size_t)(id.bytes - pdu->bytes);
    size_t behind = pdu->length - before - id.len;
    size_t length = before + new_len + behind;

    if (new_len > MSGID_MAX || length > cap)
        return 0;
    memcpy(out, pdu->bytes, before);
    if (new_len > 0)
        memcpy(out + before, new_id, new_len);
    memcpy(out + before + new_len, id.bytes + id.len, behind);
    put_be32(out, (uint32_t)length);
    return length;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

size_t
msgid_normal(struct octets id, char out[static MSGID_MAX + 1])
{
    size_t i;

    while (id.len > 1 && id.bytes[0] == '0') {
        id.bytes++;
        id.len--;
    }
    if (id.len > MSGID_MAX)
        id.len = 0;
    for (i = 0; i < id.len; i++)
        out[i] = (char)lower(id.bytes[i]);
    out[id.len] = '\0';
    return id.len;
}

/* The digit's value, or `base`: it is none. */
static unsigned
digit(uint8_t c, unsigned base)
{
    unsigned value = base;

    c = lower(c);
    if (c >= '0' && c <= '9')
        value = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f')
        value = (unsigned)(c - 'a') + 10;
    return value < base ? value : base;
}

static bool
number(struct octets id, unsigned base, uint64_t *value)
{
    unsigned one;
    size_t i;

    *value = 0;
    for (i = 0; i < id.len; i++) {
        one = digit(id.bytes[i], base);
        if (one == base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, one, value))
            return false;
    }
    return id.len > 0;
}

size_t
msgid_hex(struct octets id, char out[static MSGID_MAX + 1])
{
    uint64_t value;

    out[0] = '\0';
    return number(id, 10, &value) ? (size_t)snprintf(out, MSGID_MAX + 1, "%" PRIx64, value) : 0;
}

size_t
msgid_decimal(struct octets id, char out[static MSGID_MAX + 1])
{
    uint64_t value;

    out[0] = '\0';
    return number(id, 16, &value) ? (size_t)snprintf(out, MSGID_MAX + 1, "%" PRIu64, value) : 0;
}

size_t
msgid_other_form(struct octets id, char out[static MSGID_MAX + 1])
{
    size_t i;

    for (i = 0; i < id.len; i++)
        if (digit(id.bytes[i], 10) == 10)
            return msgid_decimal(id, out);
    return msgid_hex(id, out);
}

bool
msgid_equal(struct octets a, struct octets b)
{
    char a_form[MSGID_MAX + 1], b_form[MSGID_MAX + 1];
    size_t a_len = msgid_normal(a, a_form), b_len = msgid_normal(b, b_form);
    char hex[MSGID_MAX + 1];

    if (a_len == 0 || b_len == 0)
        return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
    if (a_len == b_len && memcmp(a_form, b_form, a_len) == 0)
        return true;
    if (msgid_hex(a, hex) == b_len && memcmp(hex, b_form, b_len) == 0)
        return true;
    return msgid_hex(b, hex) == a_len && memcmp(hex, a_form, a_len) == 0;
}
