/* SPDX-License-Identifier: ISC */
#include "base/escape.h"

const char *
escape(char *out, size_t size, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    size_t used = 0, i;

    for (i = 0; i < n; i++) {
        if (p[i] > ' ' && p[i] < 0x7F && p[i] != '\\') {
            if (used + 2 > size)
                break;
            out[used++] = (char)p[i];
        } else {
            if (used + 5 > size)
                break;
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[p[i] >> 4];
            out[used++] = digits[p[i] & 0xF];
        }
    }
    if (size > 0)
        out[used] = '\0';
    return out;
}
