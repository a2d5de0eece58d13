/* SPDX-License-Identifier: ISC */
#ifndef SMPP_VALUE_H
#define SMPP_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "smpp/reader.h"

/*
 * A value of a PDU as people read it: UTF-8 in which nothing can do harm to a terminal or
 * deceive its reader. What doesn't fit is left out, and "..." stands in its place.
 */

#define VALUE_SIZE 2048

struct value {
    size_t len;
    bool full;
    char text[VALUE_SIZE];      /* a NUL behind it */
};

void
value_begin(struct value *value);

void
value_format(struct value *value, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A character; what controls, or is seen by nobody, becomes \n, \x1b or \u{202e}. */
void
value_character(struct value *value, uint32_t c);

/* Octets of which printable ASCII stays, and the rest is \\xHH. */
void
value_octets(struct value *value, struct octets octets);

/* Two digits for each octet, at most `max` of them. */
void
value_hex(struct value *value, struct octets octets, size_t max);

#endif
