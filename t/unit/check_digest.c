/* SPDX-License-Identifier: ISC */
#include "tls/digest.h"

#include <string.h>

#include "unit/unit.h"

/* RFC 4231, test case 2. */
START_TEST(it_is_hmac_sha_256)
{
    static const uint8_t right[DIGEST_SIZE] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
        0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
        0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    };
    const char *text = "what do ya want for nothing?";
    uint8_t out[DIGEST_SIZE];

    ck_assert(digest_keyed((const uint8_t *)"Jefe", 4, (const uint8_t *)text, strlen(text), out));
    ck_assert(digest_equal(out, right, sizeof(out)));
    out[DIGEST_SIZE - 1] ^= 1;
    ck_assert(!digest_equal(out, right, sizeof(out)));
}
END_TEST

UNIT_MAIN("digest", it_is_hmac_sha_256)
