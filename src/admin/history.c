/* SPDX-License-Identifier: ISC */
#include "admin/history.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_STEP 10      /* samples from one state of a histogram to the next */

bool
history_init(struct history *history, size_t farms)
{
    memset(history, 0, sizeof(*history));
    history->farms = calloc(farms + 1, sizeof(*history->farms));
    history->farm_count = farms;
    return history->farms != NULL;
}

void
history_fini(struct history *history)
{
    size_t farm, node;

    for (farm = 0; history->farms != NULL && farm < history->farm_count; farm++) {
        for (node = 0; node < history->farms[farm].count; node++)
            free(history->farms[farm].nodes[node]);
        free(history->farms[farm].nodes);
    }
    free(history->farms);
}

static void
grow(struct history_farm *farm, size_t n)
{
    struct history_node **nodes;

    if (n <= farm->count)
        return;
    nodes = realloc(farm->nodes, n * sizeof(struct history_node *));
    if (nodes == NULL)
        return;
    memset(nodes + farm->count, 0, (n - farm->count) * sizeof(struct history_node *));
    farm->nodes = nodes;
    farm->count = n;
}

static uint32_t
us_of(const struct histogram *histogram, double q)
{
    return (uint32_t)histogram_quantile(histogram, q);
}

static void
sample(struct history *history, struct history_node *node, const struct node_counts *counts)
{
    struct history_sample *now = &node->samples[history->taken % HISTORY_SAMPLES];
    struct node_counts *last = &node->last;
    struct histogram took = counts->latency;
    uint64_t responses = node_counts_responses(counts), rok = counts->statuses[STATUS_ROW_ROK];

    if (!node->seen) {
        node->seen = true;
        node->began = history->taken;
        *last = *counts;
    }
    histogram_subtract(&took, &last->latency);
    now->requests = (uint32_t)(counts->requests - last->requests);
    now->responses = (uint32_t)(responses - node_counts_responses(last));
    now->errors = now->responses - (uint32_t)(rok - last->statuses[STATUS_ROW_ROK]);
    now->p50_us = us_of(&took, 0.5);
    now->p99_us = us_of(&took, 0.99);
    if ((history->taken - node->began) % MINUTE_STEP == 0)
        node->minute[(history->taken - node->began) / MINUTE_STEP % HISTORY_MINUTE] =
            counts->latency;
    *last = *counts;
}

void
history_add(struct history *history, const struct snapshot *snapshot, uint64_t now_us,
            uint64_t wall_ms)
{
    struct history_farm *farm;
    size_t i, k, n;

    history->times_us[history->taken % HISTORY_SAMPLES] = now_us;
    history->last_ms = wall_ms;
    for (i = 0; i < history->farm_count; i++) {
        farm = &history->farms[i];
        n = snapshot->conf->farms[i].node_count;
        grow(farm, n);
        for (k = 0; k < n && k < farm->count; k++) {
            if (farm->nodes[k] == NULL)
                farm->nodes[k] = calloc(1, sizeof(struct history_node));
            if (farm->nodes[k] != NULL)
                sample(history, farm->nodes[k], &snapshot->farms[i].nodes[k]);
        }
    }
    history->taken++;
}

const struct history_node *
history_node(const struct history *history, size_t farm, size_t node)
{
    if (farm >= history->farm_count || node >= history->farms[farm].count)
        return NULL;
    return history->farms[farm].nodes[node];
}

size_t
history_length(const struct history *history, const struct history_node *node)
{
    uint64_t length = node != NULL && node->seen ? history->taken - node->began : 0;

    return length < HISTORY_SAMPLES ? (size_t)length : HISTORY_SAMPLES;
}

const struct history_sample *
history_sample(const struct history *history, const struct history_node *node, size_t i)
{
    return &node->samples[(history->taken - 1 - i) % HISTORY_SAMPLES];
}

struct history_rates
history_rates(const struct history *history, const struct history_node *node)
{
    struct history_rates rates = {0, 0, 0};
    size_t length = history_length(history, node), n, i;
    const struct history_sample *one;
    double seconds;

    if (length < 2)
        return rates;
    n = length - 1 < HISTORY_RATE_SAMPLES ? length - 1 : HISTORY_RATE_SAMPLES;
    for (i = 0; i < n; i++) {
        one = history_sample(history, node, i);
        rates.requests += one->requests;
        rates.responses += one->responses;
        rates.errors += one->errors;
    }
    seconds = (double)(history->times_us[(history->taken - 1) % HISTORY_SAMPLES] -
                       history->times_us[(history->taken - 1 - n) % HISTORY_SAMPLES]) / 1e6;
    if (seconds <= 0)
        return (struct history_rates){0, 0, 0};
    rates.requests /= seconds;
    rates.responses /= seconds;
    rates.errors /= seconds;
    return rates;
}

void
history_minute(const struct history *history, const struct history_node *node,
               const struct node_counts *counts, struct histogram *out)
{
    uint64_t states;

    *out = counts->latency;
    if (history_length(history, node) == 0)
        return;
    states = (history->taken - node->began - 1) / MINUTE_STEP + 1;
    /* before the ring is full, since the beginning of all */
    if (states >= HISTORY_MINUTE)
        histogram_subtract(out, &node->minute[states % HISTORY_MINUTE]);
}
