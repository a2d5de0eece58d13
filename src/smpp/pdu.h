/* SPDX-License-Identifier: ISC */
#ifndef SMPP_PDU_H
#define SMPP_PDU_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "smpp/command.h"

#define PDU_HEADER 16           /* octets, §3.2 */
#define PDU_MAX 70000           /* message_payload can hold 64 KB */
#define PDU_MAX_OPEN 512        /* before a bind nothing legal is longer than 100 */

/* The largest sequence_number, §5.1.4; the least is 1. */
#define SMPP_NUMBER_MAX 0x7FFFFFFFU

/* A whole PDU in somebody's buffer: valid until that buffer is consumed. */
struct pdu {
    const uint8_t *bytes;   /* the header first */
    uint32_t length;        /* command_length */
    uint32_t command;       /* command_id */
    uint32_t status;        /* command_status */
    uint32_t number;        /* sequence_number */
};

enum frame {
    FRAME_WHOLE,        /* *pdu is set */
    FRAME_PARTIAL,      /* more octets must come first */
    FRAME_BAD_LENGTH,   /* command_length is under 16 or over max: sync is lost;
                           pdu->length has it, and what else of the header came, the rest is 0 */
};

/* Looks at the first n octets of a stream for a PDU of at most `max` octets. */
static inline enum frame
pdu_frame(const uint8_t *bytes, size_t n, uint32_t max, struct pdu *pdu)
{
    uint32_t length;

    if (n < 4)
        return FRAME_PARTIAL;
    length = get_be32(bytes);
    if (__builtin_expect(length < PDU_HEADER || length > max, 0)) {
        *pdu = (struct pdu){.bytes = bytes, .length = length};
        if (n >= PDU_HEADER) {
            pdu->command = get_be32(bytes + 4);
            pdu->number = get_be32(bytes + 12);
        }
        return FRAME_BAD_LENGTH;
    }
    if (n < length)
        return FRAME_PARTIAL;
    *pdu = (struct pdu){bytes, length, get_be32(bytes + 4), get_be32(bytes + 8),
                        get_be32(bytes + 12)};
    return FRAME_WHOLE;
}

static inline bool
pdu_is_response(const struct pdu *pdu)
{
    return (pdu->command & SMPP_RESPONSE) != 0;
}

/* Does a response of command id `answer` answer a request of id `command`? */
static inline bool
pdu_answers(uint32_t answer, uint32_t command)
{
    return answer == (command | SMPP_RESPONSE) || answer == SMPP_GENERIC_NACK;
}

/* Writes a header into the first 16 octets of out. */
static inline void
pdu_put_header(uint8_t *out, uint32_t length, uint32_t command, uint32_t status, uint32_t number)
{
    put_be32(out, length);
    put_be32(out + 4, command);
    put_be32(out + 8, status);
    put_be32(out + 12, number);
}

/* Changes the sequence_number of a PDU in place. */
static inline void
pdu_put_number(uint8_t *bytes, uint32_t number)
{
    put_be32(bytes + 12, number);
}

#endif
