/* SPDX-License-Identifier: ISC */
#include "smpp/concat.h"

#include "smpp/tlv.h"

#define IEI_CONCAT_8 0x00
#define IEI_CONCAT_16 0x08

static struct concat
checked(struct concat concat, bool *malformed)
{
    if (concat.total < 2 || concat.part < 1 || concat.part > concat.total) {
        *malformed = *malformed || concat.total != 1;
        concat.kind = CONCAT_NONE;
    }
    return concat;
}

/* Walks the information elements behind the UDH's length octet. */
static struct concat
peek_udh(struct octets text, bool *malformed)
{
    struct octets ie;
    struct reader r;
    uint8_t iei;

    reader_init(&r, text.bytes, text.len);
    ie = reader_octets(&r, reader_u8(&r));
    reader_init(&r, ie.bytes, ie.len);
    *malformed = ie.len == 0;
    while (reader_left(&r) > 0) {
        iei = reader_u8(&r);
        ie = reader_octets(&r, reader_u8(&r));
        if (r.cut)
            break;
        if (iei == IEI_CONCAT_8 && ie.len == 3)
            return checked((struct concat){CONCAT_UDH8, ie.bytes[0], ie.bytes[1], ie.bytes[2]},
                           malformed);
        if (iei == IEI_CONCAT_16 && ie.len == 4)
            return checked((struct concat){CONCAT_UDH16, get_be16(ie.bytes), ie.bytes[2],
                                           ie.bytes[3]}, malformed);
    }
    *malformed = *malformed || r.cut;
    return (struct concat){CONCAT_NONE, 0, 0, 0};
}

static struct concat
peek_sar(struct octets optional, bool *malformed)
{
    struct concat concat = {CONCAT_SAR, 0, 0, 0};
    unsigned seen = 0;
    struct reader r;
    struct tlv tlv;

    reader_init(&r, optional.bytes, optional.len);
    while (tlv_next(&r, &tlv)) {
        if (tlv.tag == SMPP_TLV_SAR_MSG_REF_NUM && tlv.value.len == 2) {
            concat.reference = get_be16(tlv.value.bytes);
            seen |= 1;
        } else if (tlv.tag == SMPP_TLV_SAR_TOTAL_SEGMENTS && tlv.value.len == 1) {
            concat.total = tlv.value.bytes[0];
            seen |= 2;
        } else if (tlv.tag == SMPP_TLV_SAR_SEGMENT_SEQNUM && tlv.value.len == 1) {
            concat.part = tlv.value.bytes[0];
            seen |= 4;
        }
    }
    if (seen != 7) {
        *malformed = *malformed || seen != 0;
        return (struct concat){CONCAT_NONE, 0, 0, 0};
    }
    return checked(concat, malformed);
}

struct concat
concat_peek(const struct message *message, bool *malformed)
{
    struct concat concat = {CONCAT_NONE, 0, 0, 0};

    *malformed = false;
    if ((message->esm_class & ESM_UDHI) != 0)
        concat = peek_udh(message_text(message), malformed);
    if (concat.kind == CONCAT_NONE && message->optional.len > 0)
        concat = peek_sar(message->optional, malformed);
    return concat;
}
