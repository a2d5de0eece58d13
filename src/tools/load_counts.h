/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_COUNTS_H
#define TOOLS_LOAD_COUNTS_H

#include <stdint.h>

#include "tools/load_histogram.h"

#define LOAD_STATUSES_MAX 64

/* How often each command_status came. */
struct load_statuses {
    uint32_t status[LOAD_STATUSES_MAX];
    uint64_t count[LOAD_STATUSES_MAX];
    unsigned n;
    uint64_t total;
};

/* What a run has seen. sent = accepted + refused + unanswered when it is over. */
struct load_counts {
    uint64_t sent;              /* messages; each once, however often it was tried */
    uint64_t retried;           /* sent again after a refusal */
    uint64_t accepted;
    struct load_statuses refused;
    uint64_t unanswered;
    uint64_t duplicate;         /* responses to what was answered already */
    uint64_t unexpected;        /* responses to nothing, or of another command */
    uint64_t mo;                /* deliver_sm and data_sm that are no receipts */
    uint64_t notifications;     /* intermediate ones */
    uint64_t malformed;         /* deliver_sm and data_sm that make no sense */
    uint64_t bound;             /* binds accepted */
    struct load_statuses binds_refused;
    uint64_t connects_failed;   /* ended before they were bound or refused */
    uint64_t lost;              /* bound, and ended otherwise than by our unbind */
    uint64_t start_ns;          /* sending began */
    uint64_t first_accepted_ns;
    uint64_t last_accepted_ns;
    uint64_t last_answer_ns;
    uint64_t longest_gap_ns;
    struct load_histogram latency;      /* ns; answers, of whatever status */
    struct load_histogram recent;       /* those of this second; added up later */
};

/* More than LOAD_STATUSES_MAX different ones are counted as the last. */
void
load_statuses_add(struct load_statuses *statuses, uint32_t status);

/* An answer came after that time; times are in ns. */
void
load_counts_answer(struct load_counts *counts, uint64_t due_ns, uint64_t now_ns);

/* A message was accepted. */
void
load_counts_accept(struct load_counts *counts, uint64_t now_ns);

#endif
