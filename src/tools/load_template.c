/* SPDX-License-Identifier: ISC */
/*
 * Prepares the submit_sm that a run sends, one for each kind of concatenation,
 * and finds the places in it that change. The marks of a long message:
 * UDH elements 0x00 and 0x08 (3GPP TS 23.040 §9.2.3.24), SAR TLVs.
 */
#include "tools/load_template.h"

#include <stdlib.h>
#include <string.h>

#include "smpp/message.h"
#include "smpp/pdu.h"
#include "smpp/tlv.h"
#include "smpp/writer.h"

#define BEFORE_SOURCE (PDU_HEADER + 3)  /* service_type, ton, npi */
#define BEFORE_TEXT 10                  /* esm_class to sm_length */
#define TLV_HEADER 4
#define SAR_SIZE 16                     /* three TLVs */

static const uint8_t udh8[] = {5, 0x00, 3, 0, 0, 0};
static const uint8_t udh16[] = {6, 0x08, 4, 0, 0, 0, 0};

static void
put_digits(uint8_t *at, size_t digits, uint64_t value)
{
    while (digits-- > 0) {
        at[digits] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
}

/* UDH, mark and filling; returns its length, *mark_at where the mark goes or 0. */
static size_t
make_text(uint8_t *text, const struct load_options *options, enum concat_kind kind,
          size_t *mark_at)
{
    static const char filling[] = "The quick brown fox jumps over the lazy dog. ";
    size_t udh = 0, i;

    if (kind == CONCAT_UDH8)
        udh = sizeof(udh8);
    else if (kind == CONCAT_UDH16)
        udh = sizeof(udh16);
    memcpy(text, kind == CONCAT_UDH16 ? udh16 : udh8, udh);
    for (i = 0; i < options->size; i++)
        text[udh + i] = (uint8_t)filling[i % (sizeof(filling) - 1)];
    *mark_at = options->size >= LOAD_MARK_SIZE ? udh + 5 : 0;
    if (*mark_at > 0)
        memcpy(text + udh, "load-0000000000 ", LOAD_MARK_SIZE);
    return udh + options->size;
}

static size_t
make_sar(uint8_t out[static SAR_SIZE])
{
    struct writer w;
    uint8_t room[PDU_HEADER + SAR_SIZE];

    writer_begin(&w, room, sizeof(room), 0, 0, 0);
    writer_tlv(&w, SMPP_TLV_SAR_MSG_REF_NUM, "\0", 2);
    writer_tlv(&w, SMPP_TLV_SAR_TOTAL_SEGMENTS, "", 1);
    writer_tlv(&w, SMPP_TLV_SAR_SEGMENT_SEQNUM, "", 1);
    ensure(writer_end(&w) == sizeof(room));
    memcpy(out, room + PDU_HEADER, SAR_SIZE);
    return SAR_SIZE;
}

static bool
prepare(struct load_template *template, const struct load_options *options, enum concat_kind kind)
{
    size_t cap = PDU_HEADER + strlen(options->source) + options->size + 256, mark_at;
    uint8_t *text = malloc(options->size + sizeof(udh16)), sar[SAR_SIZE];
    struct message_fields fields = {
        .source = options->source, .destination = options->destination,
        .esm_class = kind == CONCAT_UDH8 || kind == CONCAT_UDH16 ? ESM_UDHI : 0,
        .registered_delivery = options->receipts, .text = text, .optional = sar,
    };

    template->bytes = malloc(cap);
    if (text == NULL || template->bytes == NULL) {
        free(text);
        return false;
    }
    fields.text_len = make_text(text, options, kind, &mark_at);
    fields.optional_len = kind == CONCAT_SAR ? make_sar(sar) : 0;
    template->len = message_write(template->bytes, cap, SMPP_SUBMIT_SM, 0, &fields);
    free(text);
    ensure(template->len > 0);
    template->destination_at = BEFORE_SOURCE + strlen(options->source) + 3;
    template->concat_at = template->destination_at + strlen(options->destination) + 1 + BEFORE_TEXT;
    if (fields.text_len > UINT8_MAX)
        template->concat_at += TLV_HEADER;
    if (mark_at > 0)
        template->mark_at = template->concat_at + mark_at;
    if (kind == CONCAT_SAR)
        template->concat_at = template->len - SAR_SIZE;
    return true;
}

bool
load_templates_init(struct load_templates *templates, const struct load_options *options)
{
    unsigned kind;

    memset(templates, 0, sizeof(*templates));
    templates->first_destination = strtoull(options->destination, NULL, 10);
    templates->destination_digits = strlen(options->destination);
    templates->one_destination = options->destinations == 1;
    for (kind = CONCAT_NONE; kind <= CONCAT_SAR; kind++)
        if (!prepare(&templates->kinds[kind], options, (enum concat_kind)kind)) {
            load_templates_fini(templates);
            return false;
        }
    return true;
}

void
load_templates_fini(struct load_templates *templates)
{
    unsigned kind;

    for (kind = CONCAT_NONE; kind <= CONCAT_SAR; kind++) {
        free(templates->kinds[kind].bytes);
        templates->kinds[kind].bytes = NULL;
    }
}

static void
put_concat(uint8_t *at, const struct load_part *part)
{
    switch ((enum concat_kind)part->kind) {
    case CONCAT_NONE:
        break;
    case CONCAT_UDH8:
        at[3] = (uint8_t)part->reference;
        at[4] = part->total;
        at[5] = part->part;
        break;
    case CONCAT_UDH16:
        put_be16(at + 3, part->reference);
        at[5] = part->total;
        at[6] = part->part;
        break;
    case CONCAT_SAR:
        put_be16(at + TLV_HEADER, part->reference);
        at[6 + TLV_HEADER] = part->total;
        at[11 + TLV_HEADER] = part->part;
        break;
    }
}

void
load_template_write(const struct load_templates *templates, const struct load_part *part,
                    uint32_t number, uint8_t *room)
{
    const struct load_template *template = &templates->kinds[part->kind];

    memcpy(room, template->bytes, template->len);
    pdu_put_number(room, number);
    if (!templates->one_destination)
        put_digits(room + template->destination_at, templates->destination_digits,
                   templates->first_destination + part->destination);
    if (template->mark_at > 0)
        put_digits(room + template->mark_at, 10, part->number);
    put_concat(room + template->concat_at, part);
}

const char *
load_template_destination(const struct load_templates *templates, uint32_t destination,
                          char out[static LOAD_DESTINATION_SIZE])
{
    put_digits((uint8_t *)out, templates->destination_digits,
               templates->first_destination + destination);
    out[templates->destination_digits] = '\0';
    return out;
}
