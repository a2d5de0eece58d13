/* SPDX-License-Identifier: ISC */
/* What sessions tell the run: counted, logged, and handed on. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "smpp/message.h"
#include "tools/load_receipts.h"
#include "tools/load_run.h"

#define COMPLAINTS_MAX 20   /* lines about connections; the report has the numbers */

static void
on_settled(struct load_session *session)
{
    struct load_run *run = session->owner;

    run->settled++;
    load_run_advance(run);
}

static void
on_refused(struct load_session *session, uint32_t status)
{
    struct load_run *run = session->owner;

    load_statuses_add(&run->counts.binds_refused, status);
}

static void
log_answer(struct load_run *run, const struct load_part *part, const struct pdu *pdu,
           uint64_t now_ns)
{
    struct octets id = load_response_id(pdu);
    char spare[STATUS_TEXT_SIZE], text[3 * LOAD_ID_SIZE];

    fprintf(run->log, "%s\t%" PRIu64 "\t%s\t%s\t%" PRIu64 "\n",
            run->options->accounts[part->account].name, part->number,
            status_name(pdu->status, spare), escape(text, sizeof(text), id.bytes, id.len),
            now_ns > part->due_ns ? (now_ns - part->due_ns) / 1000 : 0);
}

static void
on_accepted(struct load_run *run, const struct load_part *part, const struct pdu *pdu,
            uint64_t now_ns)
{
    struct octets id = load_response_id(pdu);

    load_counts_accept(&run->counts, now_ns);
    if ((run->options->id_check || run->options->receipts) && !load_ids_give(&run->ids, id))
        run->out_of_memory = true;
    load_follow_keep(&run->follow, id, part->account, part->destination);
}

static bool
is_retried(const struct load_options *options, uint32_t status)
{
    size_t i;

    for (i = 0; i < options->n_retry; i++)
        if (options->retry[i] == status)
            return true;
    return false;
}

static void
on_submit_resp(struct load_run *run, struct load_part part, const struct pdu *pdu, uint64_t now_ns)
{
    bool ok = pdu->status == SMPP_ROK && pdu->command != SMPP_GENERIC_NACK;

    run->open--;
    load_counts_answer(&run->counts, part.due_ns, now_ns);
    if (run->log != NULL)
        log_answer(run, &part, pdu, now_ns);
    if (ok) {
        on_accepted(run, &part, pdu, now_ns);
        return;
    }
    part.refused = pdu->status;
    if (part.tries < UINT8_MAX)
        part.tries++;
    if (run->interrupts == 0 && is_retried(run->options, pdu->status) &&
        load_queue_push(&run->retry[0], &part))
        run->queued++;
    else
        load_statuses_add(&run->counts.refused, pdu->status);
}

static void
on_answer(struct load_session *session, const struct load_open *open, const struct pdu *pdu)
{
    struct load_run *run = session->owner;

    run->active_ns = session->now_ns;
    if (open->command == SMPP_SUBMIT_SM)
        on_submit_resp(run, open->part, pdu, session->now_ns);
    else
        load_follow_answer(&run->follow, open->command, pdu->status);
}

static void
on_stray(struct load_session *session, enum load_match match, const struct pdu *pdu)
{
    struct load_run *run = session->owner;
    char spare[COMMAND_TEXT_SIZE];

    if (match == LOAD_MATCH_DUPLICATE)
        run->counts.duplicate++;
    else
        run->counts.unexpected++;
    if (!run->options->quiet && run->complaints++ < COMPLAINTS_MAX)
        fprintf(stderr, "smppload: %s %s with number %" PRIu32 "\n",
                match == LOAD_MATCH_DUPLICATE ? "duplicate" : "unexpected",
                command_name(pdu->command, spare), pdu->number);
}

static uint32_t
draw_status(struct load_run *run)
{
    double drawn = load_random(&run->random, 1000000) / 10000.;
    const struct load_options *options = run->options;
    size_t i;

    for (i = 0; i < options->n_answers; i++) {
        if (drawn < options->answers[i].percent)
            return options->answers[i].status;
        drawn -= options->answers[i].percent;
    }
    return SMPP_ROK;
}

/* A receipt that isn't taken comes again, and counts then. */
static uint32_t
on_message(struct load_session *session, const struct pdu *pdu)
{
    uint32_t status = SMPP_ROK;
    struct load_run *run = session->owner;
    struct message message;

    if (!message_parse(pdu, &message)) {
        run->counts.malformed++;
        return SMPP_RSYSERR;
    }
    if (run->options->n_answers > 0)
        status = draw_status(run);
    if (status != SMPP_ROK)
        return status;
    if (!message_is_receipt(&message))
        run->counts.mo++;
    else if (!load_is_final_receipt(&message))
        run->counts.notifications++;
    else if (!load_ids_receipt(&run->ids, load_receipt_id(&message)))
        run->out_of_memory = true;
    else
        run->receipt_ns = session->now_ns;
    return status;
}

static void
on_ready(struct load_session *session)
{
    struct load_run *run = session->owner;

    run->heard_ns = session->now_ns;
    load_send_pump(run, session);
    load_run_advance(run);
}

static void
on_unanswered(struct load_session *session, const struct load_open *open)
{
    struct load_run *run = session->owner;

    if (open->command == SMPP_SUBMIT_SM) {
        run->open--;
        run->counts.unanswered++;
    } else {
        load_follow_unanswered(&run->follow, open->command);
    }
}

static void
on_closed(struct load_session *session, bool asked, const char *why)
{
    struct load_run *run = session->owner;
    char target[ADDR_TEXT_SIZE];

    if (!asked && session->was_bound)
        run->counts.lost++;
    else if (!asked && strcmp(why, "bind refused") != 0)
        run->counts.connects_failed++;
    if (!asked && !run->options->quiet && run->complaints++ < COMPLAINTS_MAX)
        fprintf(stderr, "smppload: %s at %s: %s\n", session->account->name,
                addr_format(&session->target->addr, target), why);
    load_send_rescue(run, session);
    load_run_advance(run);
}

const struct load_session_ops load_run_session_ops = {
    on_settled, on_refused, on_answer, on_stray, on_message, on_ready, on_unanswered, on_closed,
};
