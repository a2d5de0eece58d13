/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_PLAN_H
#define TOOLS_LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "smpp/concat.h"
#include "tools/load_options.h"

#define LOAD_PARTS_MAX 255

/* One submit_sm to be: all that the template needs to know. */
struct load_part {
    uint64_t number;        /* counted from 0 through the run; the mark */
    uint64_t due_ns;        /* latency counts from here */
    uint32_t destination;   /* counted from 0 */
    uint32_t refused;       /* status of the last refusal, while it is tried again */
    uint16_t account;
    uint16_t reference;
    uint8_t total;          /* 1: no part of a long one */
    uint8_t part;           /* 1 to total */
    uint8_t kind;           /* enum concat_kind */
    uint8_t tries;          /* how often it was sent before, at most 255 */
};

/*
 * Decides what is sent next: which messages are long, their references and
 * destinations, in what order their parts go. It knows no connection; the time
 * is told.
 */
struct load_plan {
    const struct load_options *options;
    uint64_t next;          /* number of the next part */
    uint64_t limit;         /* so many in all */
    uint64_t longs;         /* long messages begun */
    uint64_t messages;      /* messages begun, long or not */
    uint64_t start_ns;
    uint64_t random;
    uint64_t *references;   /* an account's long messages so far */
};

/* False: no memory. */
MUST_USE bool
load_plan_init(struct load_plan *plan, const struct load_options *options);

void
load_plan_fini(struct load_plan *plan);

/* The instants at which messages are due count from here. */
void
load_plan_start(struct load_plan *plan, uint64_t now_ns);

/* When the next message is due; now, in a closed loop. */
uint64_t
load_plan_due(const struct load_plan *plan, uint64_t now_ns);

/* Is nothing left to send? */
bool
load_plan_is_done(const struct load_plan *plan, uint64_t now_ns);

/*
 * Puts the next message of an account into `parts`, in the order of sending;
 * returns how many there are: 0 when nothing is left or due now.
 */
unsigned
load_plan_next(struct load_plan *plan, uint16_t account, uint64_t now_ns,
               struct load_part parts[static LOAD_PARTS_MAX]);

/* A number from 0 to below `below`, which is above 0. */
uint32_t
load_random(uint64_t *state, uint32_t below);

#endif
