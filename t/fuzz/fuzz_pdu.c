/* SPDX-License-Identifier: ISC */
/*
 * All that the path of a message reads, in one: two octets that choose the new
 * ids, then a stream. It is framed; of each PDU the message, its place in a
 * long one, its ids and its optional part are read, and its ids are replaced.
 */
#include <strings.h>

#include "fuzz/fuzz.h"
#include "smpp/concat.h"
#include "smpp/receipt.h"
#include "smpp/tlv.h"

/* The new ids: one octet a character, no white space. */
struct ids {
    char tlv[MSGID_MAX];
    char text[MSGID_MAX];
    size_t tlv_len;
    size_t text_len;
};

static bool
is_inside(struct octets inner, struct octets outer)
{
    return inner.bytes >= outer.bytes && inner.bytes + inner.len <= outer.bytes + outer.len;
}

static struct octets
body_of(const struct pdu *pdu)
{
    return (struct octets){pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER};
}

/* Frames what was written; it must be one whole PDU with the old one's header. */
static struct pdu
reframed(const struct pdu *old, const uint8_t *bytes, size_t n)
{
    struct pdu pdu = {0};

    ensure(pdu_frame(bytes, n, PDU_MAX + 4 * MSGID_MAX, &pdu) == FRAME_WHOLE);
    ensure(pdu.length == n && pdu.command == old->command);
    ensure(pdu.status == old->status && pdu.number == old->number);
    return pdu;
}

/* Every spelling fits, ends in a NUL, and of hex and decimal one undoes the other. */
static void
try_spellings(struct octets id)
{
    char normal[MSGID_MAX + 1], other[MSGID_MAX + 1], back[MSGID_MAX + 1];
    size_t n = msgid_normal(id, normal), m;

    ensure(n <= MSGID_MAX && normal[n] == '\0');
    ensure(msgid_equal(id, id));
    ensure(n == 0 || msgid_equal((struct octets){(uint8_t *)normal, n}, id));
    m = msgid_hex(id, other);
    if (m > 0)
        ensure(msgid_decimal((struct octets){(uint8_t *)other, m}, back) == n &&
               memcmp(back, normal, n) == 0 &&
               msgid_equal(id, (struct octets){(uint8_t *)other, m}));
    m = msgid_decimal(id, other);
    if (m > 0)
        ensure(msgid_hex((struct octets){(uint8_t *)other, m}, back) == n &&
               memcmp(back, normal, n) == 0);
    m = msgid_other_form(id, other);
    ensure(m <= MSGID_MAX && other[m] == '\0');
}

static void
try_msgid(const struct pdu *pdu, const struct ids *ids)
{
    struct octets id, again;
    struct pdu new;
    size_t length, before;
    uint8_t *out;

    if (!msgid_locate(pdu, &id))
        return;
    ensure(is_inside(id, body_of(pdu)) && id.bytes[id.len] == '\0');
    try_spellings(id);
    length = pdu->length - id.len + ids->text_len;
    out = fuzz_room(length);
    ensure(msgid_replace(pdu, id, ids->text, ids->text_len, out, length - 1) == 0);
    ensure(msgid_replace(pdu, id, ids->text, ids->text_len, out, length) == length);
    new = reframed(pdu, out, length);
    ensure(msgid_locate(&new, &again));
    ensure(again.len == ids->text_len && memcmp(again.bytes, ids->text, again.len) == 0);
    before = (size_t)(id.bytes - pdu->bytes);
    ensure(before == (size_t)(again.bytes - out));
    ensure(memcmp(out + 4, pdu->bytes + 4, before - 4) == 0);
    ensure(memcmp(again.bytes + again.len, id.bytes + id.len, pdu->length - before - id.len) == 0);
    free(out);
}

/* Is there a field named "text:", in any case? */
static bool
has_text_field(struct octets octets, size_t width)
{
    char word[6] = "";
    size_t i, k;

    for (i = 0; i + 5 * width <= octets.len; i += width) {
        for (k = 0; k < 5; k++)
            word[k] = (char)octets.bytes[i + k * width + width - 1];
        if (strcasecmp(word, "text:") == 0)
            return true;
    }
    return false;
}

/* Around the new id the text is as before, but that its end may be cut off. */
static void
check_text(struct octets before, struct octets old_id, struct octets behind, struct octets new_id,
           size_t width)
{
    size_t head = (size_t)(old_id.bytes - before.bytes), tail;

    ensure(head == (size_t)(new_id.bytes - behind.bytes));
    ensure(memcmp(before.bytes, behind.bytes, head) == 0);
    tail = behind.len - head - new_id.len;
    ensure(tail <= before.len - head - old_id.len);
    ensure(tail == before.len - head - old_id.len ||
           (behind.len >= 251 &&
            has_text_field((struct octets){new_id.bytes + new_id.len, tail}, width)));
    ensure(memcmp(new_id.bytes + new_id.len, old_id.bytes + old_id.len, tail) == 0);
}

/* The TLV has the new id, and what stood behind the old one. */
static void
check_tlv(struct octets before, struct octets old_id, struct octets behind, const struct ids *ids)
{
    struct octets old = {NULL, 0}, new = {NULL, 0};

    ensure(tlv_find(before, SMPP_TLV_RECEIPTED_MESSAGE_ID, &old));
    ensure(tlv_find(behind, SMPP_TLV_RECEIPTED_MESSAGE_ID, &new));
    ensure(new.len == old.len - old_id.len + ids->tlv_len);
    ensure(memcmp(new.bytes, ids->tlv, ids->tlv_len) == 0);
    ensure(memcmp(new.bytes + ids->tlv_len, old.bytes + old_id.len, old.len - old_id.len) == 0);
}

/* What was written instead of a receipt: the new ids, all else as before. */
static void
check_receipt(const struct pdu *pdu, const struct message *old_message, const struct receipt *old,
              const struct ids *ids)
{
    struct octets before = message_text(old_message), behind;
    char id[MSGID_MAX + 1];
    struct message message;
    struct receipt receipt;

    ensure(message_parse(pdu, &message));
    ensure(receipt_parse(&message, &receipt));
    ensure((receipt.tlv_id.bytes == NULL) == (old->tlv_id.bytes == NULL));
    ensure((receipt.text_id.bytes == NULL) == (old->text_id.bytes == NULL));
    if (receipt.tlv_id.bytes != NULL)
        check_tlv(old_message->optional, old->tlv_id, message.optional, ids);
    behind = message_text(&message);
    if (receipt.text_id.bytes == NULL) {
        ensure(behind.len == before.len && memcmp(behind.bytes, before.bytes, behind.len) == 0);
        return;
    }
    ensure(receipt_text_id(&receipt, id) == ids->text_len);
    ensure(memcmp(id, ids->text, ids->text_len) == 0);
    check_text(before, old->text_id, behind, receipt.text_id,
               receipt.wide ? 2 : 1);
}

static void
try_receipt(const struct pdu *pdu, const struct message *message, const struct ids *ids)
{
    size_t tlv_growth, text_growth, cap, n;
    struct receipt receipt;
    struct pdu new;
    uint8_t *out;

    if (!receipt_parse(message, &receipt))
        return;
    ensure(receipt.tlv_id.bytes == NULL || is_inside(receipt.tlv_id, message->optional));
    ensure(receipt.text_id.bytes == NULL || is_inside(receipt.text_id, message_text(message)));
    ensure(receipt.tlv_id.len <= MSGID_MAX);
    ensure(receipt.text_id.len <= MSGID_MAX * (receipt.wide ? 2 : 1));
    tlv_growth = receipt.tlv_id.bytes == NULL ? 0 : ids->tlv_len - receipt.tlv_id.len;
    text_growth = receipt.text_id.bytes == NULL ? 0 :
                  ids->text_len * (receipt.wide ? 2 : 1) - receipt.text_id.len;
    cap = pdu->length + tlv_growth + text_growth;
    out = fuzz_room(cap);
    n = receipt_replace(pdu, message, &receipt, ids->tlv, ids->tlv_len, ids->text, ids->text_len,
                        out, cap);
    ensure(n <= cap);
    ensure(n == cap || message_text(message).len + text_growth > 254);
    if (n > 0) {
        new = reframed(pdu, out, n);
        check_receipt(&new, message, &receipt, ids);
    }
    free(out);
    out = fuzz_room(pdu->length);
    ensure(receipt_replace(pdu, message, &receipt, NULL, 0, NULL, 0, out, pdu->length - 1) == 0);
    ensure(receipt_replace(pdu, message, &receipt, NULL, 0, NULL, 0, out, pdu->length) ==
           pdu->length);
    ensure(memcmp(out, pdu->bytes, pdu->length) == 0);
    free(out);
}

static void
try_message(const struct pdu *pdu, const struct ids *ids)
{
    struct message message;
    struct address source;
    struct concat concat;
    bool malformed;

    if (message_parse_broadcast(pdu, &source))
        ensure(is_inside(source.addr, body_of(pdu)));
    if (!message_parse(pdu, &message))
        return;
    ensure(is_inside(message.short_message, body_of(pdu)));
    ensure(is_inside(message.optional, body_of(pdu)));
    ensure(is_inside(message_text(&message), body_of(pdu)));
    ensure(message.optional.bytes + message.optional.len == pdu->bytes + pdu->length);
    concat = concat_peek(&message, &malformed);
    ensure(concat.kind == CONCAT_NONE ||
           (concat.total >= 2 && concat.part >= 1 && concat.part <= concat.total));
    ensure(concat.kind == CONCAT_NONE || concat.kind == CONCAT_SAR ||
           (message.esm_class & ESM_UDHI) != 0);
    try_receipt(pdu, &message, ids);    /* receipt or not: it must bear both */
}

static void
try_pdu(const uint8_t *bytes, size_t n, const struct ids *ids)
{
    uint8_t *copy = fuzz_copy(bytes, n);
    struct pdu pdu = {0};

    ensure(pdu_frame(copy, n, PDU_MAX, &pdu) == FRAME_WHOLE && pdu.length == n);
    ensure(pdu_frame(copy, n - 1, PDU_MAX, &pdu) == FRAME_PARTIAL);
    try_msgid(&pdu, ids);
    try_message(&pdu, ids);
    free(copy);
}

/* 1 to 64 characters each. */
static void
choose_ids(struct ids *ids, const uint8_t *choice)
{
    ids->tlv_len = 1 + choice[0] % MSGID_MAX;
    ids->text_len = 1 + choice[1] % MSGID_MAX;
    memset(ids->tlv, '0' + choice[0] / MSGID_MAX, sizeof(ids->tlv));
    memset(ids->text, '5' + choice[1] / MSGID_MAX, sizeof(ids->text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ids ids;
    struct pdu pdu;

    if (size < 2)
        return 0;
    choose_ids(&ids, data);
    data += 2;
    size -= 2;
    while (pdu_frame(data, size, PDU_MAX, &pdu) == FRAME_WHOLE) {
        try_pdu(data, pdu.length, &ids);
        data += pdu.length;
        size -= pdu.length;
    }
    return 0;
}
