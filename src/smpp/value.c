/* SPDX-License-Identifier: ISC */
#include "smpp/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MORE "..."

void
value_begin(struct value *value)
{
    value->len = 0;
    value->full = false;
    value->text[0] = '\0';
}

/* All of it, or nothing. */
static void
put(struct value *value, const char *bytes, size_t n)
{
    if (value->full)
        return;
    if (value->len + n + sizeof(MORE) > sizeof(value->text)) {
        value->full = true;
        bytes = MORE;
        n = strlen(MORE);
    }
    memcpy(value->text + value->len, bytes, n);
    value->len += n;
    value->text[value->len] = '\0';
}

void
value_format(struct value *value, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put(value, text, strlen(text));
}

static void
put_utf8(struct value *value, uint32_t c)
{
    char bytes[4];
    size_t n;

    if (c < 0x80) {
        bytes[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        n = 3;
    } else {
        bytes[0] = (char)(0xF0 | c >> 18);
        n = 4;
    }
    if (n > 3)
        bytes[n - 3] = (char)(0x80 | (c >> 12 & 0x3F));
    if (n > 2)
        bytes[n - 2] = (char)(0x80 | (c >> 6 & 0x3F));
    if (n > 1)
        bytes[n - 1] = (char)(0x80 | (c & 0x3F));
    put(value, bytes, n);
}

/* Does it change how what stands around it is shown, or nothing that one can see? */
static bool
is_unseen(uint32_t c)
{
    return (c >= 0x80 && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           (c >= 0xD800 && c <= 0xDFFF) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c & 0xFFFE) == 0xFFFE || (c >= 0xE0000 && c <= 0xE0FFF) || c > 0x10FFFF;
}

void
value_character(struct value *value, uint32_t c)
{
    if (c == '\n')
        value_format(value, "\\n");
    else if (c == '\r')
        value_format(value, "\\r");
    else if (c == '\t')
        value_format(value, "\\t");
    else if (c == '\\')
        value_format(value, "\\\\");
    else if (c < ' ' || c == 0x7F)
        value_format(value, "\\x%02x", c);
    else if (is_unseen(c))
        value_format(value, "\\u{%x}", c);
    else
        put_utf8(value, c);
}

void
value_octets(struct value *value, struct octets octets)
{
    size_t i;

    for (i = 0; i < octets.len; i++)
        if (octets.bytes[i] < 0x80)
            value_character(value, octets.bytes[i]);
        else
            value_format(value, "\\x%02x", octets.bytes[i]);
}

void
value_hex(struct value *value, struct octets octets, size_t max)
{
    size_t i;

    for (i = 0; i < octets.len && i < max; i++)
        value_format(value, "%02x", octets.bytes[i]);
    if (octets.len > max)
        value_format(value, MORE);
}
