/* SPDX-License-Identifier: ISC */
/* Where responses and receipts carry a message_id: §4.4.2, Appendix B. */
#include "tools/load_receipts.h"

#include <string.h>

#include "smpp/tlv.h"

bool
load_is_final_receipt(const struct message *message)
{
    return (message->esm_class & ESM_TYPE_MASK) == ESM_RECEIPT;
}

struct octets
load_receipt_id(const struct message *message)
{
    struct octets text = message_text(message), id;
    const uint8_t *space;

    if (tlv_find(message->optional, SMPP_TLV_RECEIPTED_MESSAGE_ID, &id))
        return octets_up_to_nul(id);
    if (text.len < 3 || memcmp(text.bytes, "id:", 3) != 0)
        return (struct octets){text.bytes, 0};
    id = (struct octets){text.bytes + 3, text.len - 3};
    space = id.len > 0 ? memchr(id.bytes, ' ', id.len) : NULL;
    if (space != NULL)
        id.len = (size_t)(space - id.bytes);
    return id;
}

struct octets
load_response_id(const struct pdu *pdu)
{
    return octets_up_to_nul((struct octets){pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER});
}
