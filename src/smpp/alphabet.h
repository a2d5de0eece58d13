/* SPDX-License-Identifier: ISC */
#ifndef SMPP_ALPHABET_H
#define SMPP_ALPHABET_H

#include "base/ensure.h"
#include "smpp/value.h"

/*
 * Puts the text of a message behind what is in `value`, by its data_coding (§5.2.19): 0,
 * taken for the GSM alphabet with one octet a character (3GPP TS 23.038 §6.2.1), 1 (ASCII),
 * 3 (Latin 1) or 8 (UCS-2, with pairs for what is beyond). False: it is another one, and
 * nothing is put.
 */
MUST_USE bool
alphabet_put(struct value *value, uint8_t data_coding, struct octets text);

#endif
