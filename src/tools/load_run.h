/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_RUN_H
#define TOOLS_LOAD_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "net/loop.h"
#include "tools/load_counts.h"
#include "tools/load_follow.h"
#include "tools/load_ids.h"
#include "tools/load_options.h"
#include "tools/load_plan.h"
#include "tools/load_session.h"
#include "tools/load_template.h"

/* What a run waits for; it goes through them in this order. */
enum load_phase {
    LOAD_PHASE_BINDING,     /* every connection is bound or has failed once */
    LOAD_PHASE_SENDING,     /* the plan is at its end */
    LOAD_PHASE_ANSWERS,     /* nothing is open any more */
    LOAD_PHASE_FOLLOW,      /* queries, replacements and cancels */
    LOAD_PHASE_RECEIPTS,
    LOAD_PHASE_LINGER,
    LOAD_PHASE_IDLE,
    LOAD_PHASE_UNBINDING,
    LOAD_PHASE_DONE,
};

/* The connections of an account that may carry submit_sm. */
struct load_group {
    struct load_session **senders;
    size_t n;
    size_t next;            /* whose turn it is */
    size_t queued;          /* parts in their queues */
};

/* A whole run, on one loop. */
struct load_run {
    const struct load_options *options;
    struct loop loop;
    struct load_plan plan;
    struct load_templates templates;
    struct load_counts counts;
    struct load_ids ids;
    struct load_follow follow;
    struct load_session *sessions;
    size_t n_sessions;
    struct load_group *groups;      /* by account */
    struct load_queue retry[2];     /* refused lately; and before that: next to go */
    FILE *log;
    enum load_phase phase;
    uint64_t phase_ns;              /* since when */
    uint64_t active_ns;             /* when something was sent or answered last */
    uint64_t heard_ns;              /* when anything came last */
    uint64_t receipt_ns;            /* when a receipt came last */
    uint64_t random;
    size_t settled;
    size_t open;                    /* submit_sm that are unanswered */
    size_t queued;                  /* parts in all queues, those of retry too */
    unsigned interrupts;
    bool out_of_memory;
    unsigned complaints;            /* lines on stderr about connections */
    ev_timer tick;
    ev_signal interrupt;
    ev_signal terminate;
    ev_io pace;                     /* a timerfd, with --rate */
    unsigned ticks;
    struct {
        uint64_t at_ns;
        uint64_t answered;
    } progress;                     /* as of the last line */
};

/* False: no memory, no descriptors, or the log can't be opened; errno says. */
MUST_USE bool
load_run_init(struct load_run *run, const struct load_options *options);

void
load_run_fini(struct load_run *run);

/* Returns when all is over. */
void
load_run_go(struct load_run *run);

/* --- among the files of the run --- */

/* Looks whether the phase is over, and enters the next. */
void
load_run_advance(struct load_run *run);

/* load_events.c: what sessions tell. */
extern const struct load_session_ops load_run_session_ops;

/* load_send.c: lets a session send what it may. */
void
load_send_pump(struct load_run *run, struct load_session *session);

/* All sessions, in turn, one message each. */
void
load_send_pump_all(struct load_run *run);

/* Gives the parts that wait at a closed session to others of its account, or up. */
void
load_send_rescue(struct load_run *run, struct load_session *session);

/* Sends refused messages again, and what waits where no connection is; every
 * LOAD_RETRY_MS. */
#define LOAD_RETRY_MS 100
void
load_send_retry(struct load_run *run);

/* Gives up all that was not sent. */
void
load_send_discard(struct load_run *run);

/* load_pace.c: wakes the run when messages are due. */
MUST_USE bool
load_pace_init(struct load_run *run);

void
load_pace_start(struct load_run *run);

void
load_pace_fini(struct load_run *run);

/* load_progress.c: a line on stderr, and the second's latencies are added up. */
void
load_progress_second(struct load_run *run);

#endif
