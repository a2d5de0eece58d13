/* SPDX-License-Identifier: ISC */
/* What a run comes to: the verdict, and the report for people. */
#include "tools/load_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "smpp/status.h"

uint64_t
load_report_unsent(const struct load_run *run)
{
    if (run->options->duration_ms > 0)
        return run->plan.next - run->counts.sent;
    return run->plan.limit - run->counts.sent;
}

double
load_report_elapsed(const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    if (counts->last_answer_ns <= counts->start_ns)
        return 0;
    return (double)(counts->last_answer_ns - counts->start_ns) / 1e9;
}

double
load_report_rate(const struct load_run *run)
{
    double elapsed = load_report_elapsed(run);

    return elapsed > 0 ? (double)run->counts.accepted / elapsed : 0;
}

static bool
ids_are_good(const struct load_run *run)
{
    const struct load_ids *ids = &run->ids;

    if ((run->options->id_check || run->options->receipts) && ids->duplicate + ids->empty > 0)
        return false;
    return !run->options->receipts || (ids->receipts_matched == ids->given &&
                                       ids->receipts_unknown + ids->receipts_duplicate == 0);
}

/* ESME_ROK isn't in a row of refusals but for follow-ups, where it is good. */
static bool
follow_is_good(const struct load_run *run)
{
    const struct load_follow *follow = &run->follow;
    const struct load_statuses *answers;
    uint64_t asked;
    unsigned i;

    for (i = 0; i < LOAD_OPERATIONS; i++) {
        answers = &follow->answers[i];
        asked = follow->wanted[i] < follow->n ? follow->wanted[i] : follow->n;
        if (answers->total != asked || follow->unanswered[i] > 0)
            return false;
        if (!run->options->any_status && answers->total > 0 &&
            (answers->n > 1 || answers->status[0] != SMPP_ROK))
            return false;
    }
    return true;
}

static bool
connections_are_good(const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    if (run->options->reconnect)
        return true;
    return counts->binds_refused.total + counts->connects_failed + counts->lost == 0;
}

bool
load_report_is_good(const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    if (counts->unanswered + counts->duplicate + counts->unexpected + counts->malformed > 0 ||
        run->out_of_memory)
        return false;
    if (counts->refused.total > 0 && !run->options->any_status)
        return false;
    if (run->interrupts == 0 && load_report_unsent(run) > 0)
        return false;
    if (run->options->max_gap_ms > 0 &&
        counts->longest_gap_ns > run->options->max_gap_ms * 1000000)
        return false;
    return ids_are_good(run) && follow_is_good(run) && connections_are_good(run);
}

static void
print_count(const char *what, uint64_t n)
{
    printf("%-24s %" PRIu64 "\n", what, n);
}

/* Says nothing of what didn't happen. */
static void
print_if(const char *what, uint64_t n)
{
    if (n > 0)
        print_count(what, n);
}

static void
print_statuses(const struct load_statuses *statuses)
{
    char spare[STATUS_TEXT_SIZE];
    unsigned i;

    for (i = 0; i < statuses->n; i++)
        printf("  %-22s %" PRIu64 "\n", status_name(statuses->status[i], spare),
               statuses->count[i]);
}

static void
print_connections(const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    print_if("connections failed", counts->connects_failed);
    print_if("connections lost", counts->lost);
    print_if("binds refused", counts->binds_refused.total);
    print_statuses(&counts->binds_refused);
}

static void
print_ids(const struct load_run *run)
{
    const struct load_ids *ids = &run->ids;

    if (run->options->id_check || run->options->receipts) {
        print_count("message ids", ids->given);
        print_count("  duplicate", ids->duplicate);
        print_if("  empty", ids->empty);
    }
    if (run->options->receipts || ids->receipts > 0) {
        print_count("receipts", ids->receipts);
        print_count("  expected", run->options->receipts ? ids->given : 0);
        print_count("  missing", run->options->receipts ? ids->given - ids->receipts_matched : 0);
        print_count("  unknown id", ids->receipts_unknown);
        print_count("  duplicate", ids->receipts_duplicate);
    }
}

static void
print_follow(const struct load_follow *follow)
{
    unsigned i;

    for (i = 0; i < LOAD_OPERATIONS; i++) {
        if (follow->wanted[i] == 0)
            continue;
        print_count(load_operation_name(i), follow->answers[i].total + follow->unanswered[i]);
        print_statuses(&follow->answers[i]);
        print_if("  unanswered", follow->unanswered[i]);
    }
}

static double
quantile_ms(const struct load_run *run, double q)
{
    return (double)load_histogram_quantile(&run->counts.latency, q) / 1e6;
}

static void
print_times(const struct load_run *run)
{
    const struct load_histogram *latency = &run->counts.latency;

    if (latency->count > 0)
        printf("%-24s min %.3f  p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f\n",
               "latency, ms", (double)latency->min / 1e6, quantile_ms(run, 0.5),
               quantile_ms(run, 0.9), quantile_ms(run, 0.99), quantile_ms(run, 0.999),
               (double)latency->max / 1e6);
    if (run->options->max_gap)
        printf("%-24s %.3f\n", "longest gap, ms", (double)run->counts.longest_gap_ns / 1e6);
    printf("%-24s %.3f\n", "elapsed, s", load_report_elapsed(run));
    printf("%-24s %.0f\n", "accepted a second", load_report_rate(run));
}

void
load_report_print(const struct load_run *run)
{
    const struct load_counts *counts = &run->counts;

    print_count("sent", counts->sent);
    print_if("not sent", load_report_unsent(run));
    print_if("sent again", counts->retried);
    print_count("accepted", counts->accepted);
    print_count("refused", counts->refused.total);
    print_statuses(&counts->refused);
    print_count("unanswered", counts->unanswered);
    print_count("duplicate responses", counts->duplicate);
    print_count("unexpected responses", counts->unexpected);
    print_ids(run);
    print_count("MO received", counts->mo);
    print_if("notifications", counts->notifications);
    print_if("malformed messages", counts->malformed);
    print_follow(&run->follow);
    print_connections(run);
    print_times(run);
}
