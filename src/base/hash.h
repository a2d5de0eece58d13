/* SPDX-License-Identifier: ISC */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A hash that is the same on every machine and in every version (xxHash's XXH3). */

uint64_t
hash_bytes(const void *bytes, size_t n, uint64_t seed);

/* One number of two, every bit of which depends on every bit of both. */
static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b * 0x9E3779B97F4A7C15U);

    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93U;
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93U;
    return x ^ x >> 32;
}

#endif
