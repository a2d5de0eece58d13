/* SPDX-License-Identifier: ISC */
#ifndef SMPP_COMMAND_H
#define SMPP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "smpp/status.h"

#define SMPP_RESPONSE 0x80000000U       /* the bit that marks a response, §5.1.2 */
#define SMPP_GENERIC_NACK 0x80000000U

enum smpp_command {
#define COMMAND(symbol, name, id, up, down, failure) SMPP_##symbol = (id),
#include "smpp/command.def"
#undef COMMAND
};

/* The states of an SMPP session as far as they permit commands, §2.2. */
enum smpp_in {
    SMPP_IN_OPEN = 1 << 0,
    SMPP_IN_TX = 1 << 1,
    SMPP_IN_RX = 1 << 2,
    SMPP_IN_TRX = 1 << 3,
    SMPP_IN_SENDING = SMPP_IN_TX | SMPP_IN_TRX,
    SMPP_IN_RECEIVING = SMPP_IN_RX | SMPP_IN_TRX,
    SMPP_IN_BOUND = SMPP_IN_TX | SMPP_IN_RX | SMPP_IN_TRX,
    SMPP_IN_ANY = SMPP_IN_OPEN | SMPP_IN_BOUND,
};

struct command {
    const char *name;
    uint8_t up;         /* enum smpp_in: where a client may send it */
    uint8_t down;       /* enum smpp_in: where a node may send it */
    uint32_t failure;   /* the status that says it could not be done */
    bool known;
};

/*
 * The row of a command by its id, with or without the response bit; for an id
 * in no table (vendors have their own) a row named "unknown", allowed both ways
 * in every bound state. Never NULL, valid for ever; costs one look-up.
 */
const struct command *
command_find(uint32_t id);

#define COMMAND_TEXT_SIZE 32

/* "submit_sm", "submit_sm_resp", "generic_nack", or "0x00010200", put into
 * `spare`. */
const char *
command_name(uint32_t id, char spare[static COMMAND_TEXT_SIZE]);

/* The state that a bind of this command id leads to; 0: it is no bind. */
static inline uint8_t
command_bound_state(uint32_t id)
{
    if (id == SMPP_BIND_TRANSCEIVER)
        return SMPP_IN_TRX;
    if (id == SMPP_BIND_TRANSMITTER)
        return SMPP_IN_TX;
    return id == SMPP_BIND_RECEIVER ? SMPP_IN_RX : 0;
}

#endif
