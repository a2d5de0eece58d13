/* SPDX-License-Identifier: ISC */
#ifndef TLS_DIGEST_H
#define TLS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

#define DIGEST_SIZE 32

/* What can be kept of a secret, to know it again: HMAC-SHA-256 under a key of ours. False:
 * out of memory. */
MUST_USE bool
digest_keyed(const uint8_t *key, size_t key_len, const uint8_t *bytes, size_t n,
             uint8_t out[static DIGEST_SIZE]);

/* Takes as long whether they are equal or not. */
bool
digest_equal(const uint8_t *a, const uint8_t *b, size_t n);

#endif
