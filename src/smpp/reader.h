/* SPDX-License-Identifier: ISC */
#ifndef SMPP_READER_H
#define SMPP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

/* A piece of somebody's buffer: valid until that buffer is consumed. */
struct octets {
    const uint8_t *bytes;
    size_t len;
};

/* Its octets in front of the first NUL, or all. */
static inline struct octets
octets_up_to_nul(struct octets octets)
{
    const uint8_t *nul = octets.len > 0 ? memchr(octets.bytes, 0, octets.len) : NULL;

    if (nul != NULL)
        octets.len = (size_t)(nul - octets.bytes);
    return octets;
}

/*
 * Reads the fields of a PDU's body in order. A field that isn't wholly there
 * reads as 0 or empty and sets `cut`, and so do all after it.
 */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool cut;
};

static inline void
reader_init(struct reader *r, const uint8_t *bytes, size_t n)
{
    *r = (struct reader){bytes, bytes + n, false};
}

static inline size_t
reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next n octets. */
static inline struct octets
reader_octets(struct reader *r, size_t n)
{
    struct octets octets = {r->at, n};

    if (r->cut || reader_left(r) < n) {
        r->cut = true;
        return (struct octets){r->end, 0};
    }
    r->at += n;
    return octets;
}

static inline uint8_t
reader_u8(struct reader *r)
{
    struct octets octets = reader_octets(r, 1);

    return octets.len == 1 ? octets.bytes[0] : 0;
}

static inline uint16_t
reader_u16(struct reader *r)
{
    struct octets octets = reader_octets(r, 2);

    return octets.len == 2 ? get_be16(octets.bytes) : 0;
}

/* A C-octet string without its NUL. Field limits (§5.2) are not enforced:
 * longer ones occur in the wild and pass. */
static inline struct octets
reader_cstring(struct reader *r)
{
    size_t left = r->cut ? 0 : reader_left(r);
    const uint8_t *nul = left == 0 ? NULL : memchr(r->at, 0, left);
    struct octets octets;

    if (nul == NULL) {
        r->cut = true;
        return (struct octets){r->end, 0};
    }
    octets = (struct octets){r->at, (size_t)(nul - r->at)};
    r->at = nul + 1;
    return octets;
}

#endif
