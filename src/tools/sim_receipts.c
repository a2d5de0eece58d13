/* SPDX-License-Identifier: ISC */
/* Delivery receipts: when, and what they say (SMPP v3.4 appendix B, §5.3.2.12, §5.3.2.35). */
#include "tools/sim_receipts.h"

#include <string.h>

#include "smpp/tlv.h"
#include "tools/sim_date.h"
#include "tools/sim_deliver.h"

#define ADDRESS_SIZE 65
#define QUOTE_SIZE 21       /* of the message's text */
#define DATE_SIZE 11        /* YYMMDDhhmm */
#define TEXT_SIZE 256
#define TLVS_SIZE (4 + SIM_ID_SIZE + 4 + 1)

/* All that a receipt says. */
struct receipt {
    struct sim_event event;
    size_t cap;
    struct sim_account *account;
    struct sim_ref ref;             /* the session that the message came on */
    uint64_t value;                 /* of the message's record */
    time_t submitted;
    char id[SIM_ID_SIZE];
    char source[ADDRESS_SIZE];      /* of the message */
    char destination[ADDRESS_SIZE];
    char quote[QUOTE_SIZE];
};

bool
sim_receipts_wanted(const struct sim_node *node, const struct message *message)
{
    switch (node->options->receipts) {
    case SIM_RECEIPTS_OFF:
        break;
    case SIM_RECEIPTS_ASKED:
        /* §5.2.17: 1 always, 2 on failure only (none here), 3 (v5) on success only */
        return (message->registered_delivery & 1) != 0;
    case SIM_RECEIPTS_ON:
        return true;
    }
    return false;
}

static void
copy(char *out, size_t size, struct octets octets)
{
    size_t n = octets.len < size ? octets.len : size - 1;

    memcpy(out, octets.bytes, n);
    out[n] = '\0';
}

/* The beginning of a text that is plain characters. */
static void
quote(char out[static QUOTE_SIZE], const struct message *message)
{
    struct octets text = message_text(message);
    size_t n = 0;

    if ((message->esm_class & ESM_UDHI) == 0 && message->data_coding <= 3)
        while (n < QUOTE_SIZE - 1 && n < text.len && text.bytes[n] >= ' ' && text.bytes[n] < 0x7F) {
            out[n] = (char)text.bytes[n];
            n++;
        }
    out[n] = '\0';
}

/* Most receipts are of one minute, so the last date is kept. */
static const char *
format_date(time_t at)
{
    static char date[DATE_SIZE];
    static time_t minute = -1;

    if (at / 60 != minute)
        sim_date_put(date, at, 5);
    minute = at / 60;
    return date;
}

static size_t
write_text(char out[static TEXT_SIZE], const struct receipt *receipt, enum sim_state state)
{
    bool delivered = state == SIM_STATE_DELIVERED;
    char *at = out;

    at = stpcpy(stpcpy(at, "id:"), receipt->id);
    at = stpcpy(stpcpy(at, " sub:001 dlvrd:00"), delivered ? "1" : "0");
    at = stpcpy(at, " submit date:");
    at = stpcpy(at, format_date(receipt->submitted));
    at = stpcpy(stpcpy(at, " done date:"), format_date(time(NULL)));
    at = stpcpy(at, delivered ? " stat:DELIVRD err:000 text:" : " stat:DELETED err:000 text:");
    at = stpcpy(at, receipt->quote);
    return (size_t)(at - out);
}

static size_t
write_tlvs(uint8_t out[static TLVS_SIZE], const struct receipt *receipt, enum sim_state state)
{
    size_t len = strlen(receipt->id) + 1;

    put_be16(out, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    put_be16(out + 2, (uint16_t)len);
    memcpy(out + 4, receipt->id, len);
    out += 4 + len;
    put_be16(out, SMPP_TLV_MESSAGE_STATE);
    put_be16(out + 2, 1);
    out[4] = (uint8_t)state;
    return 4 + len + 5;
}

static void
issue(const struct receipt *receipt)
{
    struct sim_node *node = receipt->account->node;
    const struct sim_record *record = &node->ids.records[receipt->value % SIM_RECORDS];
    bool deleted = record->value == receipt->value && record->deleted;
    enum sim_state state = deleted ? SIM_STATE_DELETED : SIM_STATE_DELIVERED;
    enum sim_form form = node->options->receipt_form;
    struct message_fields fields = {.source = receipt->destination,
                                    .destination = receipt->source,
                                    .esm_class = ESM_RECEIPT};
    uint8_t tlvs[TLVS_SIZE];
    struct sim_deliver *deliver;
    char text[TEXT_SIZE];

    fields.text = text;
    fields.optional = tlvs;
    if ((form & SIM_FORM_TEXT) != 0)
        fields.text_len = write_text(text, receipt, state);
    if ((form & SIM_FORM_TLV) != 0)
        fields.optional_len = write_tlvs(tlvs, receipt, state);
    deliver = sim_deliver_new(receipt->account, true, &fields);
    if (deliver != NULL)
        sim_deliver_give(deliver, sim_session_find(node->sim, receipt->ref));
}

static void
discard(struct sim_event *event)
{
    struct receipt *receipt = container_of(event, struct receipt, event);

    slab_put(&receipt->account->node->sim->loop.slab, receipt, receipt->cap);
}

static void
on_due(struct sim_event *event)
{
    issue(container_of(event, struct receipt, event));
    discard(event);
}

static void
fill(struct receipt *receipt, struct sim_session *session, const struct sim_record *record,
     const char *id, const struct message *message)
{
    receipt->event = (struct sim_event){.on_due = on_due, .discard = discard};
    receipt->account = session->account;
    receipt->ref = session->ref;
    receipt->value = record->value;
    receipt->submitted = time(NULL);
    strcpy(receipt->id, id);
    copy(receipt->source, ADDRESS_SIZE, message->source.addr);
    copy(receipt->destination, ADDRESS_SIZE, message->destination.addr);
    quote(receipt->quote, message);
}

void
sim_receipts_order(struct sim_session *session, const struct sim_record *record, const char *id,
                   const struct message *message)
{
    struct sim *sim = session->node->sim;
    uint64_t delay_us = session->node->options->receipt_delay_us;
    struct receipt now, *later;
    size_t cap;

    if (delay_us == 0) {
        fill(&now, session, record, id, message);
        issue(&now);
        return;
    }
    later = slab_get(&sim->loop.slab, sizeof(*later), &cap);
    if (later == NULL) {
        sim_count(session->node, SIM_RECEIPTS_DROPPED);
        return;
    }
    fill(later, session, record, id, message);
    later->cap = cap;
    if (!sim_events_add(&sim->events, &later->event, delay_us)) {
        sim_count(session->node, SIM_RECEIPTS_DROPPED);
        discard(&later->event);
    }
}
