/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <string.h>

#define FIRST_SIZE ((size_t)2 << 10)

static bool
grow(struct buf *buf, struct slab *slab, size_t n)
{
    size_t want, cap;
    uint8_t *data;

    if (n > SLAB_MAX - buf->len)
        return false;
    want = buf->len + n;
    if (want <= buf->cap && buf->head >= buf->cap / 2) {
        memmove(buf->data, buf_bytes(buf), buf->len);
        buf->head = 0;
        return true;
    }
    if (want < 2 * buf->cap)
        want = 2 * buf->cap;
    if (want > SLAB_MAX)
        want = SLAB_MAX;
    if (want < FIRST_SIZE)
        want = FIRST_SIZE;
    data = slab_get(slab, want, &cap);
    if (data == NULL)
        return false;
    if (buf->len > 0)
        memcpy(data, buf_bytes(buf), buf->len);
    if (buf->data != NULL)
        slab_put(slab, buf->data, buf->cap);
    buf->data = data;
    buf->cap = cap;
    buf->head = 0;
    return true;
}

uint8_t *
buf_extend(struct buf *buf, struct slab *slab, size_t n)
{
    uint8_t *room;

    if (buf->cap - buf->head - buf->len < n && !grow(buf, slab, n))
        return NULL;
    room = buf->data + buf->head + buf->len;
    buf->len += n;
    return room;
}

void
buf_consume(struct buf *buf, struct slab *slab, size_t n)
{
    ensure(n <= buf->len);
    buf->head += n;
    buf->len -= n;
    if (buf->len == 0)
        buf_clear(buf, slab);
}

void
buf_clear(struct buf *buf, struct slab *slab)
{
    if (buf->data != NULL)
        slab_put(slab, buf->data, buf->cap);
    *buf = (struct buf){0};
}
