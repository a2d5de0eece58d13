/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <unistd.h>

#include "tools/load_clock.h"
#include "tools/load_run.h"

static bool
is_wanted(const struct load_options *options)
{
    return !options->quiet && (options->progress || isatty(STDERR_FILENO));
}

void
load_progress_second(struct load_run *run)
{
    struct load_counts *counts = &run->counts;
    uint64_t now_ns = load_clock_ns(), answered;
    double seconds = (double)(now_ns - run->progress.at_ns) / 1e9;

    answered = counts->latency.count + counts->recent.count;
    if (is_wanted(run->options))
        fprintf(stderr,
                "%6.1f s  sent %" PRIu64 "  accepted %" PRIu64 "  refused %" PRIu64
                "  %.0f msgs/s  p99 %.3f ms\n",
                (double)(now_ns - counts->start_ns) / 1e9, counts->sent, counts->accepted,
                counts->refused.total, (double)(answered - run->progress.answered) / seconds,
                (double)load_histogram_quantile(&counts->recent, 0.99) / 1e6);
    load_histogram_add(&counts->latency, &counts->recent);
    load_histogram_clear(&counts->recent);
    run->progress.at_ns = now_ns;
    run->progress.answered = answered;
}
