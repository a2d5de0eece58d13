/* SPDX-License-Identifier: ISC */
#include "smpp/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
    uint32_t value;
    const char *name;
    const char *meaning;
} rows[] = {
#define STATUS(symbol, name_, value_, meaning_) {value_, name_, meaning_},
#include "smpp/status.def"
#undef STATUS
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *
status_name(uint32_t status, char spare[static STATUS_TEXT_SIZE])
{
    size_t i;

    for (i = 0; i < ROWS; i++)
        if (rows[i].value == status)
            return rows[i].name;
    snprintf(spare, STATUS_TEXT_SIZE, "0x%08x", status);
    return spare;
}

/* The number of a status's row plus one; 0: it has none. */
static const uint8_t rows_by_value[] = {
#define STATUS(symbol, name_, value_, meaning_) [value_] = STATUS_ROW_##symbol + 1,
#include "smpp/status.def"
#undef STATUS
};

enum status_row
status_row(uint32_t status)
{
    if (status >= sizeof(rows_by_value) || rows_by_value[status] == 0)
        return STATUS_ROWS;
    return (enum status_row)(rows_by_value[status] - 1);
}

const char *
status_row_name(enum status_row row)
{
    return row < STATUS_ROWS ? rows[row].name : "other";
}

const char *
status_meaning(uint32_t status)
{
    size_t i;

    for (i = 0; i < ROWS; i++)
        if (rows[i].value == status)
            return rows[i].meaning;
    return "";
}

bool
status_parse(const char *text, uint32_t *status)
{
    unsigned long number;
    char *end;
    size_t i;

    for (i = 0; i < ROWS; i++)
        if (strcasecmp(text, rows[i].name) == 0 || strcasecmp(text, rows[i].name + 5) == 0) {
            *status = rows[i].value;
            return true;
        }
    errno = 0;
    number = strtoul(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number > UINT32_MAX)
        return false;
    *status = (uint32_t)number;
    return true;
}
