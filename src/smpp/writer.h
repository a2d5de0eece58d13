/* SPDX-License-Identifier: ISC */
#ifndef SMPP_WRITER_H
#define SMPP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Builds one PDU in memory of the caller's, field by field:
 *
 *     writer_begin(&w, room, sizeof(room), SMPP_SUBMIT_SM, 0, number);
 *     writer_cstring(&w, "");
 *     …
 *     length = writer_end(&w);
 *
 * What doesn't fit is left out, and writer_end returns 0.
 */
struct writer {
    uint8_t *bytes;
    size_t cap;
    size_t len;
    bool overrun;
};

void
writer_begin(struct writer *w, uint8_t *room, size_t cap, uint32_t command, uint32_t status,
             uint32_t number);

void
writer_u8(struct writer *w, uint8_t v);

void
writer_u16(struct writer *w, uint16_t v);

void
writer_u32(struct writer *w, uint32_t v);

void
writer_bytes(struct writer *w, const void *bytes, size_t n);

/* A C-octet string: the text and its NUL. */
void
writer_cstring(struct writer *w, const char *text);

/* A TLV: tag, length, value (§3.2.4.1). n is at most 65,535. */
void
writer_tlv(struct writer *w, uint16_t tag, const void *value, size_t n);

/* Sets command_length and returns it; 0: it didn't fit. */
size_t
writer_end(struct writer *w);

#endif
