/* SPDX-License-Identifier: ISC */
#ifndef SMPP_MSGID_H
#define SMPP_MSGID_H

#include "base/ensure.h"
#include "smpp/pdu.h"
#include "smpp/reader.h"

#define MSGID_MAX 64    /* octets without the NUL, §5.2.23 */

/*
 * The message_id field of a submit_sm_resp, submit_multi_resp, data_sm_resp,
 * query_sm_resp, broadcast_sm_resp or query_broadcast_sm_resp, of a query_sm,
 * replace_sm, cancel_sm, query_broadcast_sm or cancel_broadcast_sm. A view into
 * the PDU, without the NUL; may be empty, and longer than it should.
 * False: the command has none, or the body ends before it does (a negative
 * response often has no body).
 */
MUST_USE bool
msgid_locate(const struct pdu *pdu, struct octets *id);

/*
 * Writes the PDU to `out` with another id in the place of `id`, which
 * msgid_locate gave. All else stays, but for command_length. `new_id` holds no
 * NUL; `out` and the PDU don't overlap. Returns the length; 0: it is more
 * than `cap`, or the new id is over MSGID_MAX.
 */
MUST_USE size_t
msgid_replace(const struct pdu *pdu, struct octets id, const void *new_id, size_t new_len,
              uint8_t *out, size_t cap);

/*
 * Nodes write one id in several ways (case, leading zeros, hexadecimal here
 * and decimal there), so that the receipt's is not the one of submit_sm_resp.
 * For who looks ids up there are three spellings of one; each function writes
 * it with a NUL and returns its length, 0: the id has no such spelling.
 */

/* Lower case, no leading zeros ("0" if it is nothing else). An id of more than
 * MSGID_MAX octets has none. */
size_t
msgid_normal(struct octets id, char out[static MSGID_MAX + 1]);

/* Taken for a decimal number under 2^64: its hexadecimal digits, normal. */
size_t
msgid_hex(struct octets id, char out[static MSGID_MAX + 1]);

/* Taken for a hexadecimal number under 2^64: its decimal digits, normal. */
size_t
msgid_decimal(struct octets id, char out[static MSGID_MAX + 1]);

/*
 * The likelier of the two: msgid_hex for an id of decimal digits, msgid_decimal
 * for one with a to f. An id of decimal digits may yet be hexadecimal: where
 * the other form is not known either, msgid_decimal is left to try.
 */
size_t
msgid_other_form(struct octets id, char out[static MSGID_MAX + 1]);

/* Can both be one id: are they normally equal, or is one the other in hexadecimal? */
bool
msgid_equal(struct octets a, struct octets b);

#endif
