/* SPDX-License-Identifier: ISC */
#include "tools/load_counts.h"

void
load_statuses_add(struct load_statuses *statuses, uint32_t status)
{
    unsigned i;

    statuses->total++;
    for (i = 0; i < statuses->n; i++)
        if (statuses->status[i] == status) {
            statuses->count[i]++;
            return;
        }
    if (statuses->n < LOAD_STATUSES_MAX)
        statuses->n++;
    else
        i--;
    statuses->status[i] = status;
    statuses->count[i]++;
}

void
load_counts_answer(struct load_counts *counts, uint64_t due_ns, uint64_t now_ns)
{
    load_histogram_record(&counts->recent, now_ns > due_ns ? now_ns - due_ns : 0);
    counts->last_answer_ns = now_ns;
}

void
load_counts_accept(struct load_counts *counts, uint64_t now_ns)
{
    uint64_t gap_ns;

    counts->accepted++;
    if (counts->first_accepted_ns == 0)
        counts->first_accepted_ns = counts->last_accepted_ns = now_ns;
    gap_ns = now_ns - counts->last_accepted_ns;
    if (gap_ns > counts->longest_gap_ns)
        counts->longest_gap_ns = gap_ns;
    counts->last_accepted_ns = now_ns;
}
