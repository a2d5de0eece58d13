/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_EVENTS_H
#define TOOLS_SIM_EVENTS_H

#include "net/loop.h"

struct sim_session;

/*
 * What is to happen later, in order of time: a heap with one timer at its
 * head. An event is embedded in what it is about, and belongs to the heap from
 * sim_events_add until `on_due` is called with it.
 */
struct sim_event {
    uint64_t due_us;
    uint64_t order;     /* of equal times, that of sim_events_add */
    void (*on_due)(struct sim_event *event);
    void (*discard)(struct sim_event *event);   /* at the program's end, in place of on_due */
};

struct sim_events {
    struct loop *loop;
    ev_timer timer;
    uint64_t armed_us;          /* when the timer fires; UINT64_MAX: not at all */
    uint64_t next_order;
    struct sim_event **heap;
    size_t count;
    size_t cap;
};

void
sim_events_init(struct sim_events *events, struct loop *loop);

/* Discards what is left. */
void
sim_events_fini(struct sim_events *events);

/* `delay_us` from the batch's time. False: out of memory, the event is still the caller's. */
MUST_USE bool
sim_events_add(struct sim_events *events, struct sim_event *event, uint64_t delay_us);

#endif
