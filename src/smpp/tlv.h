/* SPDX-License-Identifier: ISC */
#ifndef SMPP_TLV_H
#define SMPP_TLV_H

#include "base/ensure.h"
#include "smpp/reader.h"

enum tlv_kind {
    TLV_NUMBER,
    TLV_TEXT,
    TLV_STATE,
    TLV_PAYLOAD,
    TLV_OCTETS,
};

enum smpp_tlv {
#define TLV(symbol, name, tag, kind) SMPP_TLV_##symbol = (tag),
#include "smpp/tlv.def"
#undef TLV
};

struct tlv {
    uint16_t tag;
    struct octets value;
};

/*
 * Takes the next TLV from r (§3.2.4). False at the end; one that the end of the
 * PDU cuts short is not returned, and r->cut is set: the sender's fault, and no
 * reason to refuse the PDU.
 */
MUST_USE bool
tlv_next(struct reader *r, struct tlv *tlv);

/* The value of the first TLV of that tag in a PDU's optional part. */
MUST_USE bool
tlv_find(struct octets optional, uint16_t tag, struct octets *value);

/* Its name, and what its value is; NULL and TLV_OCTETS for one in no table. */
const char *
tlv_name(uint16_t tag, enum tlv_kind *kind);

#endif
