/* SPDX-License-Identifier: ISC */
#include "tools/sim_events.h"

#include <stdlib.h>

/* libev's clock and the batch's are read a moment apart; what is due within it is due now. */
#define SLACK_US 200

static bool
before(const struct sim_event *a, const struct sim_event *b)
{
    return a->due_us < b->due_us || (a->due_us == b->due_us && a->order < b->order);
}

static void
sift_up(struct sim_events *events, size_t at)
{
    struct sim_event **heap = events->heap, *event = heap[at];

    while (at > 0 && before(event, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = event;
}

static void
sift_down(struct sim_events *events)
{
    struct sim_event **heap = events->heap, *event = heap[0];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < events->count) {
        if (child + 1 < events->count && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], event))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = event;
}

static struct sim_event *
pop(struct sim_events *events)
{
    struct sim_event *event = events->heap[0];

    events->count--;
    if (events->count > 0) {
        events->heap[0] = events->heap[events->count];
        sift_down(events);
    }
    return event;
}

static void
arm(struct sim_events *events)
{
    uint64_t now = events->loop->now_us, due;

    if (events->count == 0 || events->heap[0]->due_us >= events->armed_us)
        return;
    due = events->heap[0]->due_us;
    events->armed_us = due;
    loop_timer_start(events->loop, &events->timer, due > now ? (due - now + 999) / 1000 : 0);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct sim_events *events = timer->data;
    uint64_t now = events->loop->now_us + SLACK_US, last = events->next_order;

    (void)ev;
    (void)revents;
    /* What is added meanwhile waits for the next round, or the others starve. */
    while (events->count > 0 && events->heap[0]->due_us <= now && events->heap[0]->order < last) {
        struct sim_event *event = pop(events);

        event->on_due(event);
    }
    events->armed_us = UINT64_MAX;
    arm(events);
}

void
sim_events_init(struct sim_events *events, struct loop *loop)
{
    *events = (struct sim_events){.loop = loop, .armed_us = UINT64_MAX};
    ev_init(&events->timer, on_timer);
    events->timer.data = events;
}

void
sim_events_fini(struct sim_events *events)
{
    loop_timer_stop(events->loop, &events->timer);
    while (events->count > 0) {
        struct sim_event *event = pop(events);

        event->discard(event);
    }
    free(events->heap);
    events->heap = NULL;
}

bool
sim_events_add(struct sim_events *events, struct sim_event *event, uint64_t delay_us)
{
    struct sim_event **heap;
    size_t cap;

    if (events->count == events->cap) {
        cap = events->cap == 0 ? 64 : 2 * events->cap;
        heap = reallocarray(events->heap, cap, sizeof(struct sim_event *));
        if (heap == NULL)
            return false;
        events->heap = heap;
        events->cap = cap;
    }
    event->due_us = events->loop->now_us + delay_us;
    event->order = events->next_order++;
    events->heap[events->count++] = event;
    sift_up(events, events->count - 1);
    arm(events);
    return true;
}
