/* SPDX-License-Identifier: ISC */
/*
 * Walks through a PDU's fields and optional parameters by the tables. What may be shown
 * where they can't be read is decided here: nothing of a bind, for it has a password, and
 * of a message what is asked for.
 */
#include "smpp/describe_inner.h"

#include <stdarg.h>
#include <stdio.h>

#include "smpp/pdu.h"
#include "smpp/status.h"
#include "smpp/tlv.h"

#define HEX_MAX 64          /* octets of a value that nobody knows */
#define HEX_HARMLESS 4      /* of one where there may be text in it */
#define DEST_FLAG_SME 1
#define DEST_FLAG_LIST 2

void
describe_field(struct walk *walk, const char *name)
{
    walk->how->on_field(walk->how->owner, name, walk->value.text);
}

void
describe_say(struct walk *walk, const char *name, const char *format, ...)
{
    char text[128];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    walk->how->on_field(walk->how->owner, name, text);
}

static bool
shows_octets(const struct walk *walk)
{
    return !walk->has_password && (walk->how->text || !walk->has_text);
}

/* The reader has found that something isn't wholly there. `from` is where it began. */
static void
say_cut(struct walk *walk, const char *what, const uint8_t *from)
{
    struct octets rest = {from, (size_t)(walk->r.end - from)};

    walk->r.cut = true;
    if (!walk->whole)
        return;     /* we have cut it ourselves, and say so */
    describe_say(walk, "malformed", "%s is cut short", what);
    if (!shows_octets(walk) || rest.len == 0)
        return;
    value_begin(&walk->value);
    value_hex(&walk->value, rest, HEX_MAX);
    describe_field(walk, "rest");
}

static void
say_text(struct walk *walk, const char *name, struct octets text)
{
    if (text.len == 0)
        return;
    value_begin(&walk->value);
    value_octets(&walk->value, text);
    describe_field(walk, name);
}

/* "1/1/46701234567": type of number, numbering plan, address. False: it isn't there. */
static bool
read_address(struct walk *walk)
{
    uint8_t ton = reader_u8(&walk->r), npi = reader_u8(&walk->r);
    struct octets addr = reader_cstring(&walk->r);

    value_begin(&walk->value);
    if (ton != 0 || npi != 0 || addr.len > 0)
        value_format(&walk->value, "%u/%u/", ton, npi);
    value_octets(&walk->value, addr);
    return !walk->r.cut;
}

static void
say_address(struct walk *walk, const char *name)
{
    if (read_address(walk) && walk->value.len > 0)
        describe_field(walk, name);
}

static void
say_destinations(struct walk *walk)
{
    unsigned count = reader_u8(&walk->r), i;
    uint8_t flag;

    for (i = 0; i < count && !walk->r.cut; i++) {
        flag = reader_u8(&walk->r);
        if (flag == DEST_FLAG_SME) {
            say_address(walk, "destination");
        } else if (flag == DEST_FLAG_LIST) {
            say_text(walk, "list", reader_cstring(&walk->r));
        } else if (!walk->r.cut) {
            describe_say(walk, "malformed", "dest_flag %u", flag);
            walk->r.cut = true;
        }
    }
}

static void
say_refused(struct walk *walk)
{
    unsigned count = reader_u8(&walk->r), i;
    char spare[STATUS_TEXT_SIZE];
    struct octets status;

    for (i = 0; i < count && !walk->r.cut; i++) {
        (void)!read_address(walk);
        status = reader_octets(&walk->r, 4);
        if (walk->r.cut)
            break;
        value_format(&walk->value, " %s", status_name(get_be32(status.bytes), spare));
        describe_field(walk, "refused");
    }
}

static void
say_state(struct walk *walk, const char *name, uint8_t state)
{
    static const char *const names[] = {
        "SCHEDULED", "ENROUTE", "DELIVERED", "EXPIRED", "DELETED", "UNDELIVERABLE", "ACCEPTED",
        "UNKNOWN", "REJECTED", "SKIPPED",
    };

    describe_say(walk, name, "%u %s", state,
                 state < sizeof(names) / sizeof(names[0]) ? names[state] : "?");
}

static void
say_short_message(struct walk *walk)
{
    size_t length = reader_u8(&walk->r), left = reader_left(&walk->r);

    if (!walk->r.cut && length > left && walk->whole)
        describe_say(walk, "malformed", "sm_length is %zu, and %zu octets are left", length, left);
    if (!walk->r.cut && length > left)
        describe_user_data(walk, reader_octets(&walk->r, left), walk->whole ? 0 : length - left);
    else
        describe_user_data(walk, reader_octets(&walk->r, length), 0);
}

/* An octet, which is shown where it is something. */
static void
say_octet(struct walk *walk, const struct field *field, uint8_t octet)
{
    if (walk->r.cut || (field->kind == FIELD_NUMBER && octet == 0))
        return;
    if (field->kind == FIELD_BITS || field->kind == FIELD_ESM_CLASS)
        describe_say(walk, field->name, "0x%02x", octet);
    else
        describe_say(walk, field->name, "%u", octet);
}

static void
say_field(struct walk *walk, const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
        say_text(walk, field->name, reader_cstring(&walk->r));
        break;
    case FIELD_PASSWORD:
        (void)reader_cstring(&walk->r);
        break;
    case FIELD_ADDRESS:
        say_address(walk, field->name);
        break;
    case FIELD_DESTINATIONS:
        say_destinations(walk);
        break;
    case FIELD_REFUSED:
        say_refused(walk);
        break;
    case FIELD_NUMBER:
    case FIELD_BITS:
        say_octet(walk, field, reader_u8(&walk->r));
        break;
    case FIELD_CODING:
        say_octet(walk, field, walk->data_coding = reader_u8(&walk->r));
        break;
    case FIELD_ESM_CLASS:
        say_octet(walk, field, walk->esm_class = reader_u8(&walk->r));
        break;
    case FIELD_STATE:
        say_state(walk, field->name, reader_u8(&walk->r));
        break;
    case FIELD_SHORT_MESSAGE:
        say_short_message(walk);
        break;
    case FIELD_END:
        break;
    }
}

static void
say_number(struct walk *walk, const char *name, struct octets value)
{
    uint32_t number = 0;
    size_t i;

    for (i = 0; i < value.len; i++)
        number = number << 8 | value.bytes[i];
    describe_say(walk, name, "%u", number);
}

static void
say_hex(struct walk *walk, const char *name, struct octets value)
{
    value_begin(&walk->value);
    value_hex(&walk->value, value, HEX_MAX);
    describe_field(walk, name);
}

void
describe_octets(struct walk *walk, const char *name, struct octets value)
{
    if (shows_octets(walk) || (!walk->has_password && value.len <= HEX_HARMLESS))
        say_hex(walk, name, value);
    else
        describe_say(walk, name, "%zu octets", value.len);
}

static void
say_tlv(struct walk *walk, const struct tlv *tlv)
{
    const char *name;
    enum tlv_kind kind;
    char spare[16];

    name = tlv_name(tlv->tag, &kind);
    if (name == NULL) {
        snprintf(spare, sizeof(spare), "0x%04x", tlv->tag);
        name = spare;
    }
    if (kind == TLV_PAYLOAD && !walk->has_password)
        describe_user_data(walk, tlv->value, 0);
    else if (kind == TLV_NUMBER && tlv->value.len >= 1 && tlv->value.len <= 4)
        say_number(walk, name, tlv->value);
    else if (kind == TLV_STATE && tlv->value.len == 1)
        say_state(walk, name, tlv->value.bytes[0]);
    else if (kind == TLV_TEXT && !walk->has_password)
        say_text(walk, name, octets_up_to_nul(tlv->value));
    else if (kind == TLV_OCTETS && name != spare && !walk->has_password)
        say_hex(walk, name, tlv->value);
    else
        describe_octets(walk, name, tlv->value);
}

static void
say_optional(struct walk *walk)
{
    struct reader *r = &walk->r;
    const uint8_t *from = r->at;
    struct octets kept;
    struct tlv tlv;

    while (tlv_next(r, &tlv)) {
        say_tlv(walk, &tlv);
        from = r->at;
    }
    if (!r->cut)
        return;
    /* As much of a payload as we have kept. */
    if (!walk->whole && r->end - from > 4 && get_be16(from) == SMPP_TLV_MESSAGE_PAYLOAD) {
        kept = (struct octets){from + 4, (size_t)(r->end - from) - 4};
        describe_user_data(walk, kept, get_be16(from + 2) - kept.len);
    } else {
        walk->has_text |= r->end - from >= 2 && get_be16(from) == SMPP_TLV_MESSAGE_PAYLOAD;
        say_cut(walk, "an optional parameter", from);
    }
}

static void
say_body(struct walk *walk, const struct field *field)
{
    const uint8_t *from;

    for (; field->kind != FIELD_END; field++) {
        from = walk->r.at;
        say_field(walk, field);
        if (walk->r.cut) {
            say_cut(walk, field->name, from);
            return;
        }
    }
    say_optional(walk);
}

static void
say_unknown(struct walk *walk)
{
    struct octets body = {walk->r.at, reader_left(&walk->r)};

    if (shows_octets(walk) && body.len > 0)
        say_hex(walk, "body", body);
    else if (body.len > 0)
        describe_say(walk, "body", "%zu octets", body.len);
}

/* What kinds of secrets may be in it? */
static void
look_for_secrets(struct walk *walk, const struct field *field)
{
    walk->has_text = field == NULL;
    for (; field != NULL && field->kind != FIELD_END; field++) {
        walk->has_password |= field->kind == FIELD_PASSWORD;
        walk->has_text |= field->kind == FIELD_CODING || field->kind == FIELD_SHORT_MESSAGE;
    }
}

void
describe(const struct describe *how, const uint8_t *bytes, size_t n)
{
    uint32_t length = n >= PDU_HEADER ? get_be32(bytes) : 0, command;
    struct walk walk = {.how = how, .whole = length <= n};
    const struct field *fields;

    if (n < PDU_HEADER)
        return;
    if (length < PDU_HEADER) {
        describe_say(&walk, "malformed", "command_length is %u", length);
        return;
    }
    command = get_be32(bytes + 4);
    walk.delivers = command == SMPP_DELIVER_SM || command == SMPP_DATA_SM;
    fields = field_list(command);
    look_for_secrets(&walk, fields);
    reader_init(&walk.r, bytes + PDU_HEADER, (walk.whole ? length : n) - PDU_HEADER);
    if (fields == NULL)
        say_unknown(&walk);
    else if (length > PDU_HEADER || (command & SMPP_RESPONSE) == 0)
        say_body(&walk, fields);        /* a response may be a header alone */
    if (!walk.whole && !walk.has_password)
        describe_say(&walk, "kept", "%zu of %u octets", n, length);
}
