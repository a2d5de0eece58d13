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

static const struct {
    uint16_t tag;
    const char *name;
    enum tlv_kind kind;
} rows[] = {
#define TLV(symbol, name, tag, kind) {tag, name, TLV_##kind},
#include "smpp/tlv.def"
#undef TLV
};

const char *
tlv_name(uint16_t tag, enum tlv_kind *kind)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].tag == tag) {
            *kind = rows[i].kind;
            return rows[i].name;
        }
    *kind = TLV_OCTETS;
    return NULL;
}
