/* SPDX-License-Identifier: ISC */
#ifndef SMPP_RECEIPT_H
#define SMPP_RECEIPT_H

#include "smpp/message.h"
#include "smpp/msgid.h"

/*
 * Where the id of the message stands that a receipt is about. Views into the
 * PDU; `bytes` is NULL where there is no such id, or one over MSGID_MAX.
 */
struct receipt {
    struct octets tlv_id;   /* receipted_message_id (§5.3.2.12), up to a NUL */
    struct octets text_id;  /* the text's "id:" (Appendix B), as it is in the text: */
    bool wide;              /* two octets a character, UCS-2 */
};

/*
 * For a message of which message_is_receipt() is true. The text is read where
 * it is one of data_coding 0, 1, 3, 4 or 8, behind a UDH if there is one; an id
 * there ends at white space, a NUL or the text's end, and may be empty.
 * False: there is an id in neither place.
 */
MUST_USE bool
receipt_parse(const struct message *message, struct receipt *receipt);

/* The text's id with one octet a character and a NUL; returns its length. */
size_t
receipt_text_id(const struct receipt *receipt, char out[static MSGID_MAX + 1]);

/*
 * Writes the PDU to `out` with other ids, one octet a character and without
 * white space or NUL; NULL leaves one as it is, and so does its absence in
 * *receipt, which receipt_parse made. The lengths around them are put right, all
 * else stays, but that a text which became too long (254 octets in
 * short_message, §5.2.21, or 255 if it had them before) loses from the end of
 * its "text:" field. `out` and the PDU don't overlap.
 * Returns the length; 0: it is more than `cap`, an id is over MSGID_MAX, or the
 * text would still be too long: then the PDU had best pass as it is.
 */
MUST_USE size_t
receipt_replace(const struct pdu *pdu, const struct message *message,
                const struct receipt *receipt, const void *tlv_id, size_t tlv_len,
                const void *text_id, size_t text_len, uint8_t *out, size_t cap);

#endif
