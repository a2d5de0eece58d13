/* SPDX-License-Identifier: ISC */
#include "http/basic.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ensure.h"

#define SCHEME "Basic "

_Static_assert(sizeof(SCHEME) + (HTTP_LOGIN_MAX + 2) / 3 * 4 <= HTTP_BASIC_SIZE, "it has room");

/* Base64 (RFC 4648, 4). */
static void
encode(const char *bytes, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t three;
    size_t i;

    for (i = 0; i < n; i += 3) {
        three = (uint32_t)(uint8_t)bytes[i] << 16;
        three |= i + 1 < n ? (uint32_t)(uint8_t)bytes[i + 1] << 8 : 0;
        three |= i + 2 < n ? (uint8_t)bytes[i + 2] : 0;
        *out++ = digits[three >> 18];
        *out++ = digits[three >> 12 & 63];
        *out++ = i + 1 < n ? digits[three >> 6 & 63] : '=';
        *out++ = i + 2 < n ? digits[three & 63] : '=';
    }
    *out = '\0';
}

const char *
http_basic(const char *login, char out[static HTTP_BASIC_SIZE])
{
    size_t n = strlen(login);

    ensure(n <= HTTP_LOGIN_MAX);
    memcpy(out, SCHEME, strlen(SCHEME));
    encode(login, n, out + strlen(SCHEME));
    return out;
}
