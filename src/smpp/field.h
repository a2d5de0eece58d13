/* SPDX-License-Identifier: ISC */
#ifndef SMPP_FIELD_H
#define SMPP_FIELD_H

#include <stdint.h>

/* The mandatory fields of a PDU's body, in order (SMPP v3.4 §4, v5.0 §4). */

enum field_kind {
    FIELD_END,              /* of the list */
    FIELD_TEXT,             /* a C-octet string */
    FIELD_PASSWORD,         /* one that nobody may see */
    FIELD_ADDRESS,          /* ton, npi and a C-octet string */
    FIELD_DESTINATIONS,     /* a count, and addresses or names of lists, §4.5.1 */
    FIELD_REFUSED,          /* a count, and addresses with a status each, §4.5.2 */
    FIELD_NUMBER,           /* an octet that is mostly 0 */
    FIELD_BITS,             /* an octet, in hexadecimal */
    FIELD_CODING,           /* data_coding */
    FIELD_ESM_CLASS,
    FIELD_STATE,            /* message_state */
    FIELD_SHORT_MESSAGE,    /* a count and so many octets */
};

struct field {
    enum field_kind kind;
    const char *name;
};

/* Those of a command by its id, ended by FIELD_END. NULL: nobody knows what they are. */
const struct field *
field_list(uint32_t command);

#endif
