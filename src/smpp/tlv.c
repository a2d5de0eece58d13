/* SPDX-License-Identifier: ISC */
#include "smpp/tlv.h"

bool
tlv_next(struct reader *r, struct tlv *tlv)
{
    if (r->cut || reader_left(r) == 0)
        return false;
    tlv->tag = reader_u16(r);
    tlv->value = reader_octets(r, reader_u16(r));
    return !r->cut;
}

bool
tlv_find(struct octets optional, uint16_t tag, struct octets *value)
{
    struct reader r;
    struct tlv tlv;

    reader_init(&r, optional.bytes, optional.len);
    while (tlv_next(&r, &tlv))
        if (tlv.tag == tag) {
            *value = tlv.value;
            return true;
        }
    return false;
}
