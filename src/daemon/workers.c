/* SPDX-License-Identifier: ISC */
#include "daemon/workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool
workers_init(struct workers *workers, struct conf *conf, const int *fds, struct mailbox *master,
             void (*on_empty)(void),
             void (*on_node_signal)(size_t farm, size_t node, uint32_t worker,
                                    enum node_signal signal))
{
    memset(workers, 0, sizeof(*workers));
    workers->master = master;
    workers->conf = conf;
    workers->on_empty = on_empty;
    workers->on_node_signal = on_node_signal;
    workers->all = calloc(conf->workers, sizeof(*workers->all));
    if (workers->all == NULL || !registry_init(&workers->registry, conf->workers) ||
        !gate_init(&workers->gate, conf)) {
        log_error(NULL, "out of memory at start");
        return false;
    }
    for (; workers->count < conf->workers; workers->count++)
        if (!worker_init(&workers->all[workers->count], workers, workers->count, conf, fds))
            return false;
    return true;
}

bool
workers_start(struct workers *workers)
{
    for (; workers->started < workers->count; workers->started++)
        if (!worker_start(&workers->all[workers->started])) {
            log_error(NULL, "no more threads to be had for workers");
            return false;
        }
    return true;
}

/*
 * Draining.
 */

void
workers_drain(struct workers *workers)
{
    uint32_t i;

    for (i = 0; i < workers->count; i++)
        worker_order(&workers->all[i].drain, worker_drain, NULL);
}

void
workers_on_empty(struct worker *worker)
{
    if (++worker->workers->empty == worker->workers->count)
        worker->workers->on_empty();
}

/*
 * A change of configuration: first all make room for it, then, if all have, all take
 * it. What comes in between makes room for both.
 */

static void
order_change(struct workers *workers, void (*carry_out)(struct worker *worker),
             void (*on_done)(struct worker *worker))
{
    uint32_t i;

    workers->changing = workers->count;
    for (i = 0; i < workers->count; i++)
        worker_order(&workers->all[i].change, carry_out, on_done);
}

static void
end_change(struct workers *workers, bool taken)
{
    if (--workers->changing > 0)
        return;
    if (taken) {
        workers->conf = workers->next;
        gate_follow(&workers->gate, workers->conf);
    }
    workers->next = NULL;
    workers->on_followed(taken);
}

static void
on_followed(struct worker *worker)
{
    end_change(worker->workers, true);
}

static void
on_stayed(struct worker *worker)
{
    end_change(worker->workers, false);
}

static void
on_reserved(struct worker *worker)
{
    struct workers *workers = worker->workers;
    bool all = true;
    uint32_t i;

    if (--workers->changing > 0)
        return;
    for (i = 0; i < workers->count; i++)
        all = workers->all[i].reserved && all;
    if (all)
        order_change(workers, worker_follow, on_followed);
    else
        order_change(workers, worker_stay, on_stayed);
}

void
workers_follow(struct workers *workers, struct conf *next, void (*on_done)(bool taken))
{
    uint32_t i;

    ensure(workers->next == NULL);
    workers->next = next;
    workers->on_followed = on_done;
    for (i = 0; i < workers->count; i++)
        workers->all[i].next = next;
    order_change(workers, worker_reserve, on_reserved);
}

/*
 * Counters.
 */

static void
log_sum(const struct snapshot *sum)
{
    const struct snapshot_farm *farm;
    char line[3072];
    size_t len = 0, i;

    for (i = 0; i < sum->counter_count && len < sizeof(line); i++)
        len += (size_t)snprintf(line + len, sizeof(line) - len, " %s=%llu",
                                sum->counter_info[i].name, (unsigned long long)sum->counters[i]);
    log_notice(NULL, "counters sessions=%u linksets=%u memory=%llu streams=%u%s",
               sum->sessions, sum->linksets, (unsigned long long)sum->memory, sum->streams,
               line);
    for (i = 0; i < sum->conf->farm_count; i++) {
        farm = &sum->farms[i];
        log_notice(sum->conf->farms[i].name,
                   "counters sets=%u sets_begun=%llu sets_expired=%llu sets_evicted=%llu",
                   farm->sets, (unsigned long long)farm->sets_begun,
                   (unsigned long long)farm->sets_expired, (unsigned long long)farm->sets_evicted);
    }
}

static struct snapshot *
begin_sum(const struct workers *workers)
{
    struct snapshot *sum = snapshot_new(workers->conf, SNAPSHOT_NO_LIST, 0, 0);

    if (sum == NULL)
        log_error(NULL, "out of memory, the counters can't be told");
    return sum;
}

/* The snapshot goes from one to the next. */
static void
on_counted(struct worker *worker)
{
    struct workers *workers = worker->workers;
    struct worker *next = worker + 1;

    if (next < workers->all + workers->count) {
        next->snapshot = worker->snapshot;
        worker_order(&next->count, worker_count, on_counted);
        return;
    }
    log_sum(workers->sum);
    snapshot_free(workers->sum);
    workers->sum = NULL;
    if (!workers->count_again)
        return;
    workers->count_again = false;
    workers_log_counters(workers);
}

void
workers_log_counters(struct workers *workers)
{
    workers->count_again = workers->sum != NULL;
    if (workers->count_again)
        return;
    workers->sum = begin_sum(workers);
    if (workers->sum == NULL)
        return;
    workers->all[0].snapshot = workers->sum;
    worker_order(&workers->all[0].count, worker_count, on_counted);
}

/*
 * The end.
 */

/* All threads end before anything is freed, for they write to each other. */
static void
stop(struct workers *workers)
{
    uint32_t i;

    for (i = 0; i < workers->started; i++)
        worker_order(&workers->all[i].stop, worker_stop, NULL);
    for (i = 0; i < workers->started; i++)
        pthread_join(workers->all[i].thread, NULL);
    for (i = workers->started; i < workers->count; i++)
        worker_stop(&workers->all[i]);
    for (i = 0; i < workers->count; i++)
        worker_clear(&workers->all[i]);
    mailbox_deliver(workers->master);
}

static void
count_last(struct workers *workers)
{
    struct snapshot *sum = begin_sum(workers);
    uint32_t i;

    if (sum == NULL)
        return;
    for (i = 0; i < workers->count; i++) {
        workers->all[i].snapshot = sum;
        worker_count(&workers->all[i]);
    }
    log_sum(sum);
    snapshot_free(sum);
}

void
workers_fini(struct workers *workers)
{
    uint32_t i;

    stop(workers);
    snapshot_free(workers->sum);
    if (workers->started > 0)
        count_last(workers);
    for (i = 0; i < workers->count; i++)
        worker_fini(&workers->all[i]);
    registry_fini(&workers->registry);
    gate_fini(&workers->gate);
    free(workers->all);
    memset(workers, 0, sizeof(*workers));
}
