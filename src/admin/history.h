/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_HISTORY_H
#define ADMIN_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route/snapshot.h"

/* What each node did in the last minutes, a sample a second, and from that its rates
 * and its latency now. Pure: time is an argument. */

#define HISTORY_SAMPLES 300
#define HISTORY_RATE_SAMPLES 10     /* that a rate is an average of */
#define HISTORY_MINUTE 7            /* states of a histogram, ten seconds apart */

struct history_sample {
    uint32_t requests;
    uint32_t responses;
    uint32_t errors;                /* responses other than ESME_ROK */
    uint32_t p50_us;
    uint32_t p99_us;
};

struct history_node {
    bool seen;                      /* `last` is a state of it */
    uint64_t began;                 /* samples that had been taken before its first */
    struct node_counts last;
    struct history_sample samples[HISTORY_SAMPLES];
    struct histogram minute[HISTORY_MINUTE];
};

struct history_farm {
    struct history_node **nodes;
    size_t count;
};

struct history {
    struct history_farm *farms;
    size_t farm_count;
    uint64_t taken;                 /* samples, ever */
    uint64_t times_us[HISTORY_SAMPLES];
    uint64_t last_ms;               /* of the last one, on the wall's clock */
};

struct history_rates {              /* a second */
    double requests;
    double responses;
    double errors;
};

/* False: memory is short. */
MUST_USE bool
history_init(struct history *history, size_t farms);

void
history_fini(struct history *history);

/* Takes a sample. Where memory is short, a node that is new is left out. */
void
history_add(struct history *history, const struct snapshot *snapshot, uint64_t now_us,
            uint64_t wall_ms);

/* The node, or NULL: no sample of it yet. */
const struct history_node *
history_node(const struct history *history, size_t farm, size_t node);

/* How many samples of it are there, at most HISTORY_SAMPLES. */
size_t
history_length(const struct history *history, const struct history_node *node);

/* The i-th sample from the end, 0 being the last; i is below history_length. */
const struct history_sample *
history_sample(const struct history *history, const struct history_node *node, size_t i);

/* Averages over the last HISTORY_RATE_SAMPLES; zeroes for NULL. */
struct history_rates
history_rates(const struct history *history, const struct history_node *node);

/* The latency of what was answered in the last minute or so, as of `counts`. */
void
history_minute(const struct history *history, const struct history_node *node,
               const struct node_counts *counts, struct histogram *out);

#endif
