/* SPDX-License-Identifier: ISC */
#ifndef SMPP_DESCRIBE_INNER_H
#define SMPP_DESCRIBE_INNER_H

#include "smpp/describe.h"
#include "smpp/field.h"
#include "smpp/value.h"

/* What describe.c and describe_message.c share. */

struct walk {
    const struct describe *how;
    struct reader r;            /* of the body */
    bool whole;                 /* all of the PDU is there */
    bool has_password;
    bool has_text;              /* of a message, or nobody knows */
    bool delivers;              /* a receipt may be in it */
    uint8_t esm_class;
    uint8_t data_coding;
    struct value value;         /* the one that is being made */
};

/* walk->value is the field's. */
void
describe_field(struct walk *walk, const char *name);

/* A field of these words. */
void
describe_say(struct walk *walk, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A value that nobody knows: there may be text in it, or it may be text, where a length lies. */
void
describe_octets(struct walk *walk, const char *name, struct octets value);

/* The user data of a message, of which so many octets more have not been kept. */
void
describe_user_data(struct walk *walk, struct octets data, size_t missing);

#endif
