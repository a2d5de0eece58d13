/* SPDX-License-Identifier: ISC */
#include "smpp/alphabet.h"

#define GSM_ESCAPE 0x1B

static const uint16_t gsm[128] = {
    '@', 0xA3, '$', 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, '\n', 0xD8, 0xF8, '\r', 0xC5, 0xE5,
    0x394, '_', 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0x1B, 0xC6, 0xE6,
    0xDF, 0xC9, ' ', '!', '"', '#', 0xA4, '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    0xA1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xC4, 0xD6, 0xD1, 0xDC, 0xA7,
    0xBF, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xE4, 0xF6, 0xF1, 0xFC, 0xE0,
};

/* Behind the escape; 0: the table has none. */
static uint32_t
gsm_extension(uint8_t c)
{
    static const struct { uint8_t c; uint16_t is; } rows[] = {
        {0x0A, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2F, '\\'}, {0x3C, '['},
        {0x3D, '~'}, {0x3E, ']'}, {0x40, '|'}, {0x65, 0x20AC},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].c == c)
            return rows[i].is;
    return 0;
}

static void
put_gsm(struct value *value, struct octets text)
{
    uint32_t extension;
    size_t i;

    for (i = 0; i < text.len; i++) {
        extension = text.bytes[i] == GSM_ESCAPE && i + 1 < text.len
                        ? gsm_extension(text.bytes[i + 1]) : 0;
        if (extension != 0) {
            value_character(value, extension);
            i++;
        } else if (text.bytes[i] < 0x80) {
            value_character(value, gsm[text.bytes[i]]);
        } else {
            value_format(value, "\\x%02x", text.bytes[i]);
        }
    }
}

static void
put_latin(struct value *value, struct octets text)
{
    size_t i;

    for (i = 0; i < text.len; i++)
        value_character(value, text.bytes[i]);
}

static void
put_ucs2(struct value *value, struct octets text)
{
    uint32_t c, low;
    size_t i;

    for (i = 0; i + 2 <= text.len; i += 2) {
        c = get_be16(text.bytes + i);
        low = i + 4 <= text.len ? get_be16(text.bytes + i + 2) : 0;
        if (c >= 0xD800 && c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        value_character(value, c);
    }
    if (i < text.len)
        value_format(value, "\\x%02x", text.bytes[i]);
}

bool
alphabet_put(struct value *value, uint8_t data_coding, struct octets text)
{
    switch (data_coding) {
    case 0:
        put_gsm(value, text);
        return true;
    case 1:
        value_octets(value, text);
        return true;
    case 3:
        put_latin(value, text);
        return true;
    case 8:
        put_ucs2(value, text);
        return true;
    default:
        return false;
    }
}
