/* SPDX-License-Identifier: ISC */
#ifndef SMPP_CONCAT_H
#define SMPP_CONCAT_H

#include "smpp/message.h"

/* How a long message's parts are marked. */
enum concat_kind {
    CONCAT_NONE,
    CONCAT_UDH8,    /* information element 0x00: 8-bit reference */
    CONCAT_UDH16,   /* information element 0x08: 16-bit reference */
    CONCAT_SAR,     /* TLVs sar_msg_ref_num, sar_total_segments, sar_segment_seqnum */
};

struct concat {
    enum concat_kind kind;
    uint16_t reference;
    uint8_t total;      /* 2 to 255 */
    uint8_t part;       /* 1 to total */
};

/*
 * Tells whether the message is a part of a long one (3GPP TS 23.040 §9.2.3.24,
 * SMPP v3.4 §5.3.2.22 to 24). What lies or makes no sense (total 0 or 1, part 0
 * or above total, lengths beyond the data) is none. `malformed` is set when
 * there was a mark that could not be believed.
 */
struct concat
concat_peek(const struct message *message, bool *malformed);

#endif
