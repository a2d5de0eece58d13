/* SPDX-License-Identifier: ISC */
#include "tls/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

bool
digest_keyed(const uint8_t *key, size_t key_len, const uint8_t *bytes, size_t n,
             uint8_t out[static DIGEST_SIZE])
{
    return HMAC(EVP_sha256(), key, (int)key_len, bytes, n, out, NULL) != NULL;
}

bool
digest_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}
