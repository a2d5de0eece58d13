/* SPDX-License-Identifier: ISC */
#include "smpp/stray.h"

#include <string.h>

static const struct {
    const char *start;
    size_t len;
    const char *name;
} rows[] = {
    {"GET ", 4, "HTTP"},
    {"POST", 4, "HTTP"},
    {"HEAD", 4, "HTTP"},
    {"PUT ", 4, "HTTP"},
    {"OPTI", 4, "HTTP"},
    {"CONN", 4, "HTTP"},
    {"PRI ", 4, "HTTP"},
    {"\x16\x03", 2, "TLS"},
    {"AMQP", 4, "AMQP"},
    {"\x03\x00", 2, "RDP"},
    {"SSH-", 4, "SSH"},
};

const char *
stray_name(const uint8_t *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (n >= rows[i].len && memcmp(bytes, rows[i].start, rows[i].len) == 0)
            return rows[i].name;
    return NULL;
}
