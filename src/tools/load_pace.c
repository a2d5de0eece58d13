/* SPDX-License-Identifier: ISC */
/*
 * The clock of an open loop: a timerfd, since a poll's own timeout counts
 * whole milliseconds, set to the instant at which the next message is due.
 */
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tools/load_clock.h"
#include "tools/load_run.h"

#define LEAST_NS 100000     /* between two wake-ups; what is due meanwhile goes together */

static void
arm(struct load_run *run)
{
    struct itimerspec when = {0};
    uint64_t now_ns = load_clock_ns(), due_ns = load_plan_due(&run->plan, now_ns);

    if (run->phase == LOAD_PHASE_SENDING) {
        if (due_ns < now_ns + LEAST_NS)
            due_ns = now_ns + LEAST_NS;
        when.it_value.tv_sec = (time_t)(due_ns / 1000000000);
        when.it_value.tv_nsec = (long)(due_ns % 1000000000);
    }
    timerfd_settime(run->pace.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
on_due(struct ev_loop *ev, ev_io *io, int revents)
{
    struct load_run *run = io->data;
    uint64_t times;

    (void)ev;
    (void)revents;
    if (read(io->fd, &times, sizeof(times)) != sizeof(times))
        return;
    load_send_pump_all(run);
    load_run_advance(run);
    arm(run);
}

bool
load_pace_init(struct load_run *run)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    ev_io_init(&run->pace, on_due, fd, EV_READ);
    run->pace.data = run;
    return fd != -1;
}

void
load_pace_start(struct load_run *run)
{
    if (run->options->rate <= 0)
        return;
    ev_io_start(run->loop.ev, &run->pace);
    arm(run);
}

void
load_pace_fini(struct load_run *run)
{
    ev_io_stop(run->loop.ev, &run->pace);
    if (run->pace.fd != -1)
        close(run->pace.fd);
}
