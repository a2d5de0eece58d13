/* SPDX-License-Identifier: ISC */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "base/slab.h"

struct conn;

/* Something to be freed once the events of this batch are done. */
struct grave {
    struct grave *next;
    void (*bury)(struct grave *grave);
};

/* One read takes at most this much, what was left of the last one included. */
#define LOOP_SCRATCH ((size_t)256 << 10)

/*
 * One thread's event loop and what its conns share. All events that one poll
 * brings are a batch; behind it each conn that has something to send is
 * written once, and then the graves are emptied. Only its own thread touches it.
 */
struct loop {
    struct ev_loop *ev;
    int epoll;                  /* libev's; -1: it polls otherwise */
    struct slab slab;           /* buffers and requests of this thread */
    uint8_t *scratch;           /* LOOP_SCRATCH octets: every read goes here first */
    struct conn *dirty;         /* conns with something to write */
    struct grave *graves;
    ev_prepare behind_batch;
    ev_check before_batch;
    uint64_t now_us;            /* monotonic; of the batch */
};

/* False: no memory or no descriptors. */
MUST_USE bool
loop_init(struct loop *loop);

void
loop_fini(struct loop *loop);

/* Runs until loop_stop. */
void
loop_run(struct loop *loop);

void
loop_stop(struct loop *loop);

/* Milliseconds on a clock that only goes forward; the same all through a batch. */
static inline uint64_t
loop_now_ms(const struct loop *loop)
{
    return loop->now_us / 1000;
}

/* Calls bury(grave) behind this batch; nothing is freed inside a callback. */
void
loop_bury(struct loop *loop, struct grave *grave, void (*bury)(struct grave *grave));

/* For a descriptor that goes on to another loop: no watcher has it any more, and the
 * poll forgets it too. libev by itself would find out only when something comes. */
void
loop_forget(struct loop *loop, int fd);

/* (Re)starts a timer that fires once, in `ms` from the batch's time. */
void
loop_timer_start(struct loop *loop, ev_timer *timer, uint64_t ms);

void
loop_timer_stop(struct loop *loop, ev_timer *timer);

/* `ms` plus or minus a quarter, so that equal timers don't meet. */
uint64_t
loop_jitter(uint64_t ms);

#endif
