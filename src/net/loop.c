/* SPDX-License-Identifier: ISC */
/*
 * The order of a batch: clock, callbacks of all watchers, one write for each
 * dirty conn, graves. libev gives the places: a check watcher of the highest
 * priority runs first behind the poll, a prepare watcher last before the next.
 */
#include "net/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "net/conn.h"

static void
read_clock(struct loop *loop)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    loop->now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
on_before_batch(struct ev_loop *ev, ev_check *check, int revents)
{
    (void)ev;
    (void)revents;
    read_clock(check->data);
}

static void
on_behind_batch(struct ev_loop *ev, ev_prepare *prepare, int revents)
{
    struct loop *loop = prepare->data;
    struct grave *grave;

    (void)ev;
    (void)revents;
    conn_flush_dirty(loop);
    while ((grave = loop->graves) != NULL) {
        loop->graves = grave->next;
        grave->bury(grave);
    }
}

static void
on_embedded(struct ev_loop *ev, ev_embed *embed, int revents)
{
    (void)ev;
    (void)embed;
    (void)revents;
}

/* libev tells its poll's descriptor only to a loop that it is to be embedded in. */
static int
find_epoll(struct ev_loop *ev)
{
    struct ev_loop *outer;
    ev_embed embed;

    if (ev_backend(ev) != EVBACKEND_EPOLL || (ev_embeddable_backends() & EVBACKEND_EPOLL) == 0)
        return -1;
    outer = ev_loop_new(EVBACKEND_SELECT | EVFLAG_NOENV);
    if (outer == NULL)
        return -1;
    ev_embed_init(&embed, on_embedded, ev);
    ev_embed_start(outer, &embed);
    ev_embed_stop(outer, &embed);
    ev_loop_destroy(outer);
    return embed.io.fd;
}

bool
loop_init(struct loop *loop)
{
    memset(loop, 0, sizeof(*loop));
    slab_init(&loop->slab);
    loop->scratch = malloc(LOOP_SCRATCH);
    loop->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (loop->scratch == NULL || loop->ev == NULL) {
        loop_fini(loop);
        return false;
    }
    loop->epoll = find_epoll(loop->ev);
    ev_check_init(&loop->before_batch, on_before_batch);
    ev_set_priority(&loop->before_batch, EV_MAXPRI);
    loop->before_batch.data = loop;
    ev_check_start(loop->ev, &loop->before_batch);
    ev_prepare_init(&loop->behind_batch, on_behind_batch);
    ev_set_priority(&loop->behind_batch, EV_MINPRI);
    loop->behind_batch.data = loop;
    ev_prepare_start(loop->ev, &loop->behind_batch);
    read_clock(loop);
    return true;
}

void
loop_fini(struct loop *loop)
{
    if (loop->ev != NULL) {
        if (ev_is_active(&loop->behind_batch))
            on_behind_batch(loop->ev, &loop->behind_batch, 0);
        ev_loop_destroy(loop->ev);
    }
    free(loop->scratch);
    slab_fini(&loop->slab);
    memset(loop, 0, sizeof(*loop));
}

void
loop_run(struct loop *loop)
{
    ev_run(loop->ev, 0);
}

void
loop_stop(struct loop *loop)
{
    ev_break(loop->ev, EVBREAK_ALL);
}

void
loop_bury(struct loop *loop, struct grave *grave, void (*bury)(struct grave *grave))
{
    grave->bury = bury;
    grave->next = loop->graves;
    loop->graves = grave;
}

void
loop_forget(struct loop *loop, int fd)
{
    struct epoll_event none = {0};

    if (loop->epoll != -1)
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &none);
}

void
loop_timer_start(struct loop *loop, ev_timer *timer, uint64_t ms)
{
    ev_timer_stop(loop->ev, timer);
    ev_timer_set(timer, (double)ms / 1000, 0.);
    ev_timer_start(loop->ev, timer);
}

void
loop_timer_stop(struct loop *loop, ev_timer *timer)
{
    ev_timer_stop(loop->ev, timer);
}

uint64_t
loop_jitter(uint64_t ms)
{
    uint32_t span = (uint32_t)(ms / 2);

    return ms - span / 2 + (span > 0 ? arc4random_uniform(span) : 0);
}
