/* SPDX-License-Identifier: ISC */
#ifndef SMPP_STATUS_H
#define SMPP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"

/* command_status (SMPP v3.4 §5.1.3). Others than these occur: vendors have their own. */
enum smpp_status {
#define STATUS(symbol, name, value, meaning) SMPP_##symbol = (value),
#include "smpp/status.def"
#undef STATUS
};

#define STATUS_TEXT_SIZE 32

/* "ESME_RTHROTTLED", or "0x00000422" for one without a name, which is put into
 * `spare`. */
const char *
status_name(uint32_t status, char spare[static STATUS_TEXT_SIZE]);

/* The rows of the table, by which they are counted; STATUS_ROWS is any other. */
enum status_row {
#define STATUS(symbol, name, value, meaning) STATUS_ROW_##symbol,
#include "smpp/status.def"
#undef STATUS
    STATUS_ROWS,
};

enum status_row
status_row(uint32_t status);

/* "ESME_ROK"; "other" for STATUS_ROWS. */
const char *
status_row_name(enum status_row row);

/* What it means in a few words; "" for one without a name. */
const char *
status_meaning(uint32_t status);

/* Reads "ESME_RTHROTTLED", "RTHROTTLED", "0x58" or "88". */
MUST_USE bool
status_parse(const char *text, uint32_t *status);

#endif
