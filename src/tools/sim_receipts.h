/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_RECEIPTS_H
#define TOOLS_SIM_RECEIPTS_H

#include "smpp/message.h"
#include "tools/sim_session.h"

/* Does this message get a receipt? */
bool
sim_receipts_wanted(const struct sim_node *node, const struct message *message);

/* Sends the receipt right behind the answer, or after receipt-delay. */
void
sim_receipts_order(struct sim_session *session, const struct sim_record *record, const char *id,
                   const struct message *message);

#endif
