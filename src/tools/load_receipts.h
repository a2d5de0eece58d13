/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_RECEIPTS_H
#define TOOLS_LOAD_RECEIPTS_H

#include <stdbool.h>

#include "smpp/message.h"

/* Is it a receipt for a final state (§5.2.12), not an intermediate notification? */
bool
load_is_final_receipt(const struct message *message);

/* The id that a receipt is for: its TLV's, else that of the text; empty if
 * there is none. A view into the PDU. */
struct octets
load_receipt_id(const struct message *message);

/* The message_id of a submit_sm_resp's body; empty if there is none. */
struct octets
load_response_id(const struct pdu *pdu);

#endif
