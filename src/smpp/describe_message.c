/* SPDX-License-Identifier: ISC */
/* The user data of a message: its header's elements, a receipt's fields, the text. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "smpp/alphabet.h"
#include "smpp/describe_inner.h"
#include "smpp/message.h"

#define TEXT_HEX_MAX 512
#define NARROW_SIZE 512     /* characters of a receipt that are looked at */

/* Information elements, 3GPP TS 23.040 §9.2.3.24. */
#define IE_CONCAT8 0x00
#define IE_PORTS8 0x04
#define IE_PORTS16 0x05
#define IE_CONCAT16 0x08

static void
say_part(struct walk *walk, unsigned reference, const uint8_t *total_and_part)
{
    describe_say(walk, "part", "%u/%u", total_and_part[1], total_and_part[0]);
    describe_say(walk, "reference", "%u", reference);
}

static void
say_element(struct walk *walk, uint8_t id, struct octets data)
{
    char name[16];

    if (id == IE_CONCAT8 && data.len == 3) {
        say_part(walk, data.bytes[0], data.bytes + 1);
    } else if (id == IE_CONCAT16 && data.len == 4) {
        say_part(walk, get_be16(data.bytes), data.bytes + 2);
    } else if (id == IE_PORTS8 && data.len == 2) {
        describe_say(walk, "ports", "%u > %u", data.bytes[1], data.bytes[0]);
    } else if (id == IE_PORTS16 && data.len == 4) {
        describe_say(walk, "ports", "%u > %u", get_be16(data.bytes + 2), get_be16(data.bytes));
    } else {
        snprintf(name, sizeof(name), "udh_%02x", id);
        describe_octets(walk, name, data);
    }
}

/* Takes the header off the user data. */
static struct octets
take_header(struct walk *walk, struct octets data)
{
    struct reader r, header;
    struct octets octets;
    uint8_t id;

    reader_init(&r, data.bytes, data.len);
    octets = reader_octets(&r, reader_u8(&r));
    reader_init(&header, octets.bytes, octets.len);
    while (!r.cut && !header.cut && reader_left(&header) > 0) {
        id = reader_u8(&header);
        octets = reader_octets(&header, reader_u8(&header));
        if (!header.cut)
            say_element(walk, id, octets);
    }
    if (!r.cut && !header.cut)
        return (struct octets){r.at, reader_left(&r)};
    if (walk->whole)
        describe_say(walk, "malformed", "the user data header is cut short");
    return r.cut ? (struct octets){data.bytes + data.len, 0}
                 : (struct octets){r.at, reader_left(&r)};
}

/* The beginning of a receipt, an octet a character. */
static size_t
narrow(uint8_t data_coding, struct octets text, char out[static NARROW_SIZE])
{
    bool wide = data_coding == 8;
    size_t n = text.len / (wide ? 2 : 1), i;
    unsigned c;

    if (n >= NARROW_SIZE)
        n = NARROW_SIZE - 1;
    for (i = 0; i < n; i++) {
        c = wide ? get_be16(text.bytes + 2 * i) : text.bytes[i];
        out[i] = c >= ' ' && c < 0x7F ? (char)c : c == 0 || c > 0x7F ? '?' : ' ';
    }
    out[n] = '\0';
    return n;
}

/* Where the value of a field stands, which begins a word; NULL: there is none. */
static const char *
find(const char *text, const char *name)
{
    const char *at;

    for (at = text; (at = strcasestr(at, name)) != NULL; at++)
        if (at == text || at[-1] == ' ')
            return at + strlen(name);
    return NULL;
}

/* Its fields by Appendix B but for the text, which is somebody's. */
static void
say_receipt(struct walk *walk, struct octets text)
{
    static const struct { const char *name, *word; } fields[] = {
        {"receipt_id", "id:"}, {"receipt_sub", "sub:"}, {"receipt_dlvrd", "dlvrd:"},
        {"receipt_submit_date", "submit date:"}, {"receipt_done_date", "done date:"},
        {"receipt_stat", "stat:"}, {"receipt_err", "err:"},
    };
    char plain[NARROW_SIZE];
    const char *at;
    char *end;
    size_t i, len;

    (void)narrow(walk->data_coding, text, plain);
    end = strcasestr(plain, "text:");
    if (end != NULL)
        *end = '\0';
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        at = find(plain, fields[i].word);
        len = at != NULL ? strcspn(at, " ") : 0;
        if (len > 0)
            describe_say(walk, fields[i].name, "%.*s", (int)len, at);
    }
}

void
describe_user_data(struct walk *walk, struct octets data, size_t missing)
{
    struct octets text = data;

    if (data.len == 0)
        return;
    if ((walk->esm_class & ESM_UDHI) != 0)
        text = take_header(walk, data);
    if (walk->delivers && (walk->esm_class & ESM_TYPE_MASK) != 0)
        say_receipt(walk, text);
    describe_say(walk, "text_octets", "%zu", text.len + missing);
    if (!walk->how->text || text.len == 0)
        return;
    value_begin(&walk->value);
    if (alphabet_put(&walk->value, walk->data_coding, text)) {
        describe_field(walk, "text");
        return;
    }
    value_hex(&walk->value, text, TEXT_HEX_MAX);
    describe_field(walk, "text_hex");
}
