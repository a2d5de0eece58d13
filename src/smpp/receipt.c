/* SPDX-License-Identifier: ISC */
/*
 * Finds the ids in a receipt and writes the PDU with others in their place:
 * the TLV's and the text's, with every length that depends on them. Which id
 * belongs there it doesn't know.
 */
#include "smpp/receipt.h"

#include "smpp/tlv.h"
#include "smpp/writer.h"

#define SM_LENGTH_MAX 254       /* §5.2.21 */
#define GSM_ESCAPE 0x1B         /* the first half of a character of the extension table */

/* The text behind the UDH, by characters. */
struct text {
    const uint8_t *bytes;
    size_t count;
    bool wide;
};

static unsigned
char_at(const struct text *text, size_t i)
{
    return text->wide ? get_be16(text->bytes + 2 * i) : text->bytes[i];
}

static size_t
width(const struct text *text)
{
    return text->wide ? 2 : 1;
}

static bool
is_space(unsigned c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does `word`, which is lower case, stand there, in any case? */
static bool
word_at(const struct text *text, size_t at, const char *word)
{
    unsigned c;

    for (; *word != '\0'; word++, at++) {
        if (at == text->count)
            return false;
        c = char_at(text, at);
        if (c != (unsigned char)*word && (c < 'A' || c > 'Z' || c + 32 != (unsigned char)*word))
            return false;
    }
    return true;
}

/* Where the first field of that name begins; text->count: nowhere. */
static size_t
find_field(const struct text *text, const char *name)
{
    size_t i;

    for (i = 0; i < text->count; i++)
        if ((i == 0 || is_space(char_at(text, i - 1))) && word_at(text, i, name))
            break;
    return i;
}

/* Does another field begin there? Then "id: " before it is empty. */
static bool
field_at(const struct text *text, size_t at)
{
    static const char *const names[] = {
        "sub:", "dlvrd:", "submit date:", "done date:", "stat:", "err:", "text:",
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (word_at(text, at, names[i]))
            return true;
    return false;
}

static bool
take_text(const struct message *message, struct text *text)
{
    struct octets octets = message_text(message);
    struct reader r;

    reader_init(&r, octets.bytes, octets.len);
    if ((message->esm_class & ESM_UDHI) != 0)
        reader_octets(&r, reader_u8(&r));
    switch (message->data_coding) {
    case 0: case 1: case 3: case 4:
        text->wide = false;
        break;
    case 8:
        text->wide = true;
        break;
    default:
        return false;
    }
    text->bytes = r.at;
    text->count = reader_left(&r) / width(text);
    return !r.cut && text->count > 0;
}

static struct octets
find_text_id(const struct text *text)
{
    const struct octets none = {NULL, 0};
    size_t from = find_field(text, "id:"), to;
    unsigned c;

    if (from == text->count || from > find_field(text, "text:"))
        return none;
    from += 3;
    if (from + 1 < text->count && char_at(text, from) == ' ' &&
        !is_space(char_at(text, from + 1)) && !field_at(text, from + 1))
        from++;
    for (to = from; to < text->count; to++) {
        c = char_at(text, to);
        if (c == 0 || is_space(c))
            break;
        if (c > UINT8_MAX || to - from == MSGID_MAX)
            return none;
    }
    return (struct octets){text->bytes + from * width(text), (to - from) * width(text)};
}

bool
receipt_parse(const struct message *message, struct receipt *receipt)
{
    struct octets value;
    struct text text;

    *receipt = (struct receipt){0};
    if (tlv_find(message->optional, SMPP_TLV_RECEIPTED_MESSAGE_ID, &value)) {
        value.len = strnlen((const char *)value.bytes, value.len);
        if (value.len <= MSGID_MAX)
            receipt->tlv_id = value;
    }
    if (take_text(message, &text)) {
        receipt->wide = text.wide;
        receipt->text_id = find_text_id(&text);
    }
    return receipt->tlv_id.bytes != NULL || receipt->text_id.bytes != NULL;
}

size_t
receipt_text_id(const struct receipt *receipt, char out[static MSGID_MAX + 1])
{
    size_t step = receipt->wide ? 2 : 1, n = receipt->text_id.len / step, i;

    for (i = 0; i < n; i++)
        out[i] = (char)receipt->text_id.bytes[step * i + step - 1];
    out[n] = '\0';
    return n;
}

/* The text with another id: what stands before and behind it, UDH included. */
struct new_text {
    struct octets before;
    struct octets behind;
    const uint8_t *id;
    size_t id_len;
    bool wide;
};

static size_t
new_text_len(const struct new_text *new)
{
    return new->before.len + new->id_len * (new->wide ? 2 : 1) + new->behind.len;
}

/* Half a character at the end of the first n octets of text? */
static bool
ends_in_half(const struct message *message, const uint8_t *bytes, size_t n)
{
    if (message->data_coding == 8)
        return n >= 2 && (bytes[n - 2] & 0xFC) == 0xD8;     /* the first of a surrogate pair */
    return message->data_coding == 0 && n >= 1 && bytes[n - 1] == GSM_ESCAPE;
}

/* Takes `excess` octets or a few more from the end of the field "text:". */
static bool
cut_text(const struct message *message, struct new_text *new, size_t excess)
{
    const uint8_t *end = new->behind.bytes + new->behind.len, *value;
    struct text text;
    size_t at, keep;

    if (!take_text(message, &text))
        return false;
    at = find_field(&text, "text:");
    if (at == text.count)
        return false;
    value = text.bytes + (at + 5) * width(&text);
    if ((size_t)(end - value) < excess)
        return false;
    keep = ((size_t)(end - value) - excess) / width(&text) * width(&text);
    if (ends_in_half(message, value, keep))
        keep -= width(&text);
    new->behind.len = (size_t)(value + keep - new->behind.bytes);
    return true;
}

/* False: it can't be made short enough. */
static bool
plan_text(const struct message *message, const struct receipt *receipt, const void *id, size_t len,
          struct new_text *new)
{
    struct octets whole = message_text(message), old = receipt->text_id;
    size_t before = (size_t)(old.bytes - whole.bytes), max = UINT16_MAX;

    *new = (struct new_text){
        .before = {whole.bytes, before},
        .behind = {old.bytes + old.len, whole.len - before - old.len},
        .id = id, .id_len = len, .wide = receipt->wide,
    };
    if (message->short_message.len > 0)
        max = whole.len > SM_LENGTH_MAX ? whole.len : SM_LENGTH_MAX;
    return new_text_len(new) <= max || cut_text(message, new, new_text_len(new) - max);
}

static void
write_text(struct writer *w, const struct new_text *new)
{
    size_t i;

    writer_bytes(w, new->before.bytes, new->before.len);
    for (i = 0; i < new->id_len; i++) {
        if (new->wide)
            writer_u8(w, 0);
        writer_u8(w, new->id[i]);
    }
    writer_bytes(w, new->behind.bytes, new->behind.len);
}

/* A receipted_message_id. A NUL that its length counts, and what stands behind
 * it, is kept. */
static void
write_tlv_id(struct writer *w, const struct tlv *tlv, size_t old_len, const void *id, size_t len)
{
    size_t rest = tlv->value.len - old_len;

    if (len + rest > UINT16_MAX) {
        w->overrun = true;
        return;
    }
    writer_u16(w, tlv->tag);
    writer_u16(w, (uint16_t)(len + rest));
    writer_bytes(w, id, len);
    writer_bytes(w, tlv->value.bytes + old_len, rest);
}

/* The TLVs. Whichever the end of the PDU cuts short is among what is copied. */
static void
write_optional(struct writer *w, const struct message *message, struct octets old_id,
               const void *id, size_t len, const struct new_text *payload)
{
    const uint8_t *from = message->optional.bytes;
    struct reader r;
    struct tlv tlv;

    reader_init(&r, from, message->optional.len);
    while (tlv_next(&r, &tlv)) {
        if (id != NULL && tlv.value.bytes == old_id.bytes) {
            write_tlv_id(w, &tlv, old_id.len, id, len);
        } else if (payload != NULL && tlv.value.bytes == payload->before.bytes) {
            writer_u16(w, tlv.tag);
            writer_u16(w, (uint16_t)new_text_len(payload));
            write_text(w, payload);
        } else {
            writer_bytes(w, from, (size_t)(r.at - from));
        }
        from = r.at;
    }
    writer_bytes(w, from, (size_t)(r.end - from));
}

size_t
receipt_replace(const struct pdu *pdu, const struct message *message,
                const struct receipt *receipt, const void *tlv_id, size_t tlv_len,
                const void *text_id, size_t text_len, uint8_t *out, size_t cap)
{
    const uint8_t *body = pdu->bytes + PDU_HEADER, *until = message->optional.bytes;
    bool is_short = message->short_message.len > 0;
    struct new_text new, *text = NULL;
    struct writer w;

    if ((tlv_id != NULL && tlv_len > MSGID_MAX) || (text_id != NULL && text_len > MSGID_MAX))
        return 0;
    if (text_id != NULL && receipt->text_id.bytes != NULL) {
        if (!plan_text(message, receipt, text_id, text_len, &new))
            return 0;
        text = &new;
        if (is_short)
            until = message->short_message.bytes - 1;   /* sm_length */
    }
    writer_begin(&w, out, cap, pdu->command, pdu->status, pdu->number);
    writer_bytes(&w, body, (size_t)(until - body));
    if (text != NULL && is_short) {
        writer_u8(&w, (uint8_t)new_text_len(text));
        write_text(&w, text);
    }
    write_optional(&w, message, receipt->tlv_id, tlv_id, tlv_len, is_short ? NULL : text);
    return writer_end(&w);
}
