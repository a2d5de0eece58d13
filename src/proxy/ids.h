/* SPDX-License-Identifier: ISC */
#ifndef PROXY_IDS_H
#define PROXY_IDS_H

#include "proxy/farm.h"
#include "smpp/msgid.h"

/*
 * Message ids across the nodes of a farm: told apart by a tag of the node's, by a
 * prefix that its own ids have, or learnt.
 */

/* Has one of the farm's nodes given this id, as far as is remembered? */
MUST_USE bool
ids_is_learnt(const struct farm *farm, struct octets id);

/* Has it the tag or prefix of one of them? */
MUST_USE bool
ids_is_marked(const struct farm *farm, struct octets id);

/* The node that an id of a client's belongs to. *skip is how many of its octets
 * are ours and the node must not see. False: nobody can say. */
MUST_USE bool
ids_node(const struct farm *farm, struct octets id, uint16_t *node, size_t *skip);

/* Where in a response of the node's a tag is to be put in front of its id; 0:
 * none is. An id that is too long for one is remembered. */
size_t
ids_tag_at(struct farm *farm, const struct pdu *pdu, uint16_t node);

/* Writes the response into `room`, CONF_TAG_LEN octets longer where ids_tag_at said
 * that there is a tag. */
void
ids_put_response(struct farm *farm, const struct pdu *pdu, uint16_t node, size_t tag_at,
                 uint8_t *room);

/*
 * A receipt of the node's as the client is to see it: `pdu` itself, or *spare,
 * which has the PDU that was written into farm->proxy->rewrite; that is valid
 * until the next call.
 */
const struct pdu *
ids_receipt(struct farm *farm, const struct pdu *pdu, uint16_t node, struct pdu *spare);

#endif
