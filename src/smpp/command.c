/* SPDX-License-Identifier: ISC */
#include "smpp/command.h"

#include <stdio.h>

/*
 * Where a row lies: the ids of the standard are in 0x000–0x03F and
 * 0x100–0x13F, so seven bits tell them apart.
 */
#define BLOCK 0x40U
#define SLOT(id) (((id) & (BLOCK - 1)) | ((id) >> 8 << 6))

static const struct command rows[2 * BLOCK] = {
#define COMMAND(symbol, name, id, up, down, failure) \
    [SLOT(id)] = {name, up, down, failure, true},
#include "smpp/command.def"
#undef COMMAND
};

static const struct command unknown = {
    "unknown", SMPP_IN_BOUND, SMPP_IN_BOUND, SMPP_RSYSERR, false,
};

const struct command *
command_find(uint32_t id)
{
    id &= ~SMPP_RESPONSE;
    if ((id & ~(0x100U | (BLOCK - 1))) != 0 || !rows[SLOT(id)].known)
        return &unknown;
    return &rows[SLOT(id)];
}

const char *
command_name(uint32_t id, char spare[static COMMAND_TEXT_SIZE])
{
    const struct command *row = command_find(id);

    if (id == SMPP_GENERIC_NACK)
        return "generic_nack";
    if (!row->known) {
        snprintf(spare, COMMAND_TEXT_SIZE, "0x%08x", id);
        return spare;
    }
    if ((id & SMPP_RESPONSE) == 0)
        return row->name;
    snprintf(spare, COMMAND_TEXT_SIZE, "%s_resp", row->name);
    return spare;
}
