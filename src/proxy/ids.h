/* SPDX-License-Identifier: ISC */
#ifndef PROXY_IDS_H
#define PROXY_IDS_H

#include "proxy/farm.h"
#include "smpp/msgid.h"

/*
 * Message ids across the nodes of a farm (DESIGN.md "Message ids"): told apart by
 * a tag of the node's, by a prefix that its own ids have, or learnt.
 */

/* The node that an id of a client's belongs to. *skip is how many of its octets
 * are ours and the node must not see. False: nobody can say. */
MUST_USE bool
ids_node(const struct farm *farm, struct octets id, uint16_t *node, size_t *skip);

/* How many octets longer a response of the node's gets on its way down. */
size_t
ids_growth(struct farm *farm, const struct pdu *pdu, uint16_t node);

/* Writes the response into `room`, pdu->length + ids_growth octets. */
void
ids_put_response(struct farm *farm, const struct pdu *pdu, uint16_t node, uint8_t *room);

/*
 * A receipt of the node's as the client is to see it: `pdu` itself, or *spare,
 * which has the PDU that was written into farm->proxy->rewrite; that is valid
 * until the next call.
 */
const struct pdu *
ids_receipt(struct farm *farm, const struct pdu *pdu, uint16_t node, struct pdu *spare);

#endif
