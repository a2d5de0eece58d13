/* SPDX-License-Identifier: ISC */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slab.h"

/*
 * A queue of octets in one piece: appended at the tail, taken from the head.
 * It owns no memory while it is empty. Its bytes may move on every append:
 * no pointer into it outlives the next call.
 */
struct buf {
    uint8_t *data;
    size_t head;    /* first octet in use */
    size_t len;     /* octets in use */
    size_t cap;
};

static inline const uint8_t *
buf_bytes(const struct buf *buf)
{
    return buf->data + buf->head;
}

/* Room for n octets at the tail; they count as in use at once.
 * NULL: over SLAB_MAX in all, or memory is short; the buffer is as before. */
MUST_USE uint8_t *
buf_extend(struct buf *buf, struct slab *slab, size_t n);

/* Takes n octets from the head; gives the memory back with the last. */
void
buf_consume(struct buf *buf, struct slab *slab, size_t n);

/* Empties the buffer. */
void
buf_clear(struct buf *buf, struct slab *slab);

#endif
