/* SPDX-License-Identifier: ISC */
/* The report as JSON: every key is always there. Times are in milliseconds. */
#include <jansson.h>

#include "smpp/status.h"
#include "tools/load_report.h"

static json_t *
number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *
ms(uint64_t ns)
{
    return json_real((double)ns / 1e6);
}

static json_t *
statuses(const struct load_statuses *statuses)
{
    json_t *object = json_object();
    char spare[STATUS_TEXT_SIZE];
    unsigned i;

    for (i = 0; i < statuses->n; i++)
        json_object_set_new(object, status_name(statuses->status[i], spare),
                            number(statuses->count[i]));
    return object;
}

static json_t *
receipts(const struct load_run *run)
{
    const struct load_ids *ids = &run->ids;
    uint64_t expected = run->options->receipts ? ids->given : 0;
    json_t *object = json_object();

    json_object_set_new(object, "expected", number(expected));
    json_object_set_new(object, "received", number(ids->receipts));
    json_object_set_new(object, "missing",
                        number(expected > 0 ? expected - ids->receipts_matched : 0));
    json_object_set_new(object, "unknown_id", number(ids->receipts_unknown));
    json_object_set_new(object, "duplicate", number(ids->receipts_duplicate));
    return object;
}

static json_t *
message_ids(const struct load_ids *ids)
{
    json_t *object = json_object();

    json_object_set_new(object, "given", number(ids->given));
    json_object_set_new(object, "duplicate", number(ids->duplicate));
    json_object_set_new(object, "empty", number(ids->empty));
    return object;
}

static json_t *
follow_ups(const struct load_follow *follow)
{
    json_t *object = json_object(), *operation;
    unsigned i;

    for (i = 0; i < LOAD_OPERATIONS; i++) {
        operation = json_object();
        json_object_set_new(operation, "status", statuses(&follow->answers[i]));
        json_object_set_new(operation, "unanswered", number(follow->unanswered[i]));
        json_object_set_new(object, load_operation_name(i), operation);
    }
    return object;
}

static json_t *
connections(const struct load_run *run)
{
    json_t *object = json_object();

    json_object_set_new(object, "opened", number(run->n_sessions));
    json_object_set_new(object, "failed", number(run->counts.connects_failed));
    json_object_set_new(object, "lost", number(run->counts.lost));
    json_object_set_new(object, "binds_refused", statuses(&run->counts.binds_refused));
    return object;
}

static json_t *
latency(const struct load_histogram *histogram)
{
    json_t *object = json_object();

    json_object_set_new(object, "min", ms(histogram->min));
    json_object_set_new(object, "p50", ms(load_histogram_quantile(histogram, 0.5)));
    json_object_set_new(object, "p90", ms(load_histogram_quantile(histogram, 0.9)));
    json_object_set_new(object, "p99", ms(load_histogram_quantile(histogram, 0.99)));
    json_object_set_new(object, "p99.9", ms(load_histogram_quantile(histogram, 0.999)));
    json_object_set_new(object, "max", ms(histogram->max));
    return object;
}

static void
set_counts(json_t *report, const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    json_object_set_new(report, "sent", number(counts->sent));
    json_object_set_new(report, "not_sent", number(load_report_unsent(run)));
    json_object_set_new(report, "sent_again", number(counts->retried));
    json_object_set_new(report, "long_messages", number(run->plan.longs));
    json_object_set_new(report, "accepted", number(counts->accepted));
    json_object_set_new(report, "refused", number(counts->refused.total));
    json_object_set_new(report, "refused_status", statuses(&counts->refused));
    json_object_set_new(report, "unanswered", number(counts->unanswered));
    json_object_set_new(report, "duplicate_responses", number(counts->duplicate));
    json_object_set_new(report, "unexpected_responses", number(counts->unexpected));
    json_object_set_new(report, "mo", number(counts->mo));
    json_object_set_new(report, "notifications", number(counts->notifications));
    json_object_set_new(report, "malformed", number(counts->malformed));
}

bool
load_report_print_json(const struct load_run *run)
{
    json_t *report = json_object();
    int failed;

    set_counts(report, run);
    json_object_set_new(report, "message_ids", message_ids(&run->ids));
    json_object_set_new(report, "receipts", receipts(run));
    json_object_set_new(report, "follow_ups", follow_ups(&run->follow));
    json_object_set_new(report, "connections", connections(run));
    json_object_set_new(report, "latency_ms", latency(&run->counts.latency));
    json_object_set_new(report, "longest_gap_ms", ms(run->counts.longest_gap_ns));
    json_object_set_new(report, "elapsed_s", json_real(load_report_elapsed(run)));
    json_object_set_new(report, "accepted_per_s", json_real(load_report_rate(run)));
    json_object_set_new(report, "good", json_boolean(load_report_is_good(run)));
    failed = json_dumpf(report, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(report);
    return failed == 0;
}
