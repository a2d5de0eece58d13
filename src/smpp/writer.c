/* SPDX-License-Identifier: ISC */
#include "smpp/writer.h"

#include <string.h>

#include "base/bytes.h"
#include "smpp/pdu.h"

static uint8_t *
room_for(struct writer *w, size_t n)
{
    uint8_t *room = w->bytes + w->len;

    if (w->overrun || w->cap - w->len < n) {
        w->overrun = true;
        return NULL;
    }
    w->len += n;
    return room;
}

void
writer_begin(struct writer *w, uint8_t *room, size_t cap, uint32_t command, uint32_t status,
             uint32_t number)
{
    uint8_t *header;

    *w = (struct writer){.bytes = room, .cap = cap};
    header = room_for(w, PDU_HEADER);
    if (header != NULL)
        pdu_put_header(header, PDU_HEADER, command, status, number);
}

void
writer_u8(struct writer *w, uint8_t v)
{
    writer_bytes(w, &v, 1);
}

void
writer_u16(struct writer *w, uint16_t v)
{
    uint8_t *room = room_for(w, 2);

    if (room != NULL)
        put_be16(room, v);
}

void
writer_u32(struct writer *w, uint32_t v)
{
    uint8_t *room = room_for(w, 4);

    if (room != NULL)
        put_be32(room, v);
}

void
writer_bytes(struct writer *w, const void *bytes, size_t n)
{
    uint8_t *room = room_for(w, n);

    if (room != NULL && n > 0)
        memcpy(room, bytes, n);
}

void
writer_cstring(struct writer *w, const char *text)
{
    writer_bytes(w, text, strlen(text) + 1);
}

void
writer_tlv(struct writer *w, uint16_t tag, const void *value, size_t n)
{
    if (n > UINT16_MAX) {
        w->overrun = true;
        return;
    }
    writer_u16(w, tag);
    writer_u16(w, (uint16_t)n);
    writer_bytes(w, value, n);
}

size_t
writer_end(struct writer *w)
{
    if (w->overrun)
        return 0;
    put_be32(w->bytes, (uint32_t)w->len);
    return w->len;
}
