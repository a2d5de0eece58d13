/* SPDX-License-Identifier: ISC */
/*
 * A trace from its beginning to its end. A visit opens the taps, and another closes them;
 * while the second is under way no page is sent back, so that, once it is home, the pages
 * are nobody's but ours. How much a trace may cost is bounded: its pages by number, their
 * reading by pace.
 */
#include "daemon/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/escape.h"
#include "base/log.h"
#include "daemon/trace_line.h"
#include "net/conn.h"

#define TRACES_MAX 4
#define PACE_MS 10          /* from one page to the next, of all traces together */

struct trace {
    struct visit visit;     /* under way but in RUNNING and OVER */
    struct status *status;
    enum {
        STARTING,           /* the taps are being opened */
        RUNNING,
        STOPPING,           /* they are being closed */
        OVER,               /* the reader gets what there is */
    } state;
    uint64_t ticket;
    const char *end;        /* why it ends, once it does */
    bool gone;              /* nobody reads it any more */
    bool text;
    uint32_t sessions;      /* that are bound at the beginning */
    uint64_t records, lost;
    int64_t wall_us;        /* to be added to the loops' clock */
    struct tap_page *pages; /* that have come, the oldest first */
    ev_timer pace;
    struct trace *prev;     /* utlist, in status->traces */
    struct trace *next;
    struct grave grave;
    struct tap_filter what;
    struct tap taps[];      /* one for each worker */
};

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct trace, grave));
}

/* Lost, and the reader has not been told. The taps are closed. */
static uint64_t
untold(const struct trace *trace)
{
    const struct tap_page *page;
    uint64_t n = 0;
    size_t i;

    LL_FOREACH(trace->pages, page)
        n += page->lost;
    for (i = 0; i < trace->status->worker_count; i++)
        n += trace->taps[i].lost;
    return n;
}

/* It is of no use to anybody any more; within whatever call. */
static void
forget(struct trace *trace)
{
    const char *account = trace->what.account;
    char shown[4 * TAP_NAME_SIZE];

    log_notice("trace", "ended account=\"%s\" reason=\"%s\" records=%llu lost=%llu",
               escape(shown, sizeof(shown), account, strlen(account)), trace->end,
               (unsigned long long)trace->records,
               (unsigned long long)(trace->lost + untold(trace)));
    DL_DELETE(trace->status->traces, trace);
    loop_timer_stop(trace->status->loop, &trace->pace);
    loop_bury(trace->status->loop, &trace->grave, bury);
}

static uint64_t
count(const struct status *status)
{
    const struct trace *trace;
    uint64_t n = 0;

    DL_FOREACH(status->traces, trace)
        n++;
    return n;
}

/*
 * Pages.
 */

static void
on_back(struct mail *mail)
{
    tap_take_back(container_of(mail, struct tap_page, mail));
}

/* Its tap's again, unless that is being closed. */
static void
send_back(struct trace *trace, struct tap_page *page)
{
    size_t worker = (size_t)(page->tap - trace->taps);

    if (trace->state != STARTING && trace->state != RUNNING)
        return;
    page->mail.deliver = on_back;
    mailbox_post(&trace->status->workers[worker].mailbox, &page->mail);
}

static void
tell_lost(struct trace *trace, const struct trace_line *to, const struct tap *tap, uint64_t *lost)
{
    if (*lost > 0)
        trace_line_lost(to, (uint32_t)(tap - trace->taps) + 1, *lost);
    trace->lost += *lost;
    *lost = 0;
}

static void
write_page(struct trace *trace, const struct trace_line *to)
{
    struct tap_page *page = trace->pages;
    struct tap_view view;
    size_t at = 0;

    tell_lost(trace, to, page->tap, &page->lost);
    while (tap_read(page, &at, &view)) {
        trace->records++;
        trace_line_record(to, &view);
    }
}

static void
write_begin(struct trace *trace, const struct trace_line *to)
{
    trace_line_begin(to, &trace->what, trace->sessions);
}

/* The taps are closed: what they could put into no page is told here. */
static void
write_end(struct trace *trace, const struct trace_line *to)
{
    size_t i;

    for (i = 0; i < trace->status->worker_count; i++)
        tell_lost(trace, to, &trace->taps[i], &trace->taps[i].lost);
    trace_line_end(to, trace->end, trace->records, trace->lost);
}

/* Gives the reader what `write` writes; within the call it may be found to be gone. */
static void
give(struct trace *trace, void (*write)(struct trace *trace, const struct trace_line *to))
{
    struct trace_line to = {.wall_us = trace->wall_us, .text = trace->text};
    char *text = NULL;
    size_t n = 0;

    to.out = open_memstream(&text, &n);
    if (to.out == NULL) {
        log_limited(LOG_LEVEL_ERROR, "trace", "memory is short, lines are missing");
        return;
    }
    write(trace, &to);
    if (fclose(to.out) == 0 && n > 0)
        server_trace_put(&trace->status->server, trace->ticket, text, n);
    free(text);
}

static void
give_page(struct trace *trace)
{
    struct tap_page *page = trace->pages;

    give(trace, write_page);
    LL_DELETE(trace->pages, page);
    send_back(trace, page);
    if (!trace->gone)
        loop_timer_start(trace->status->loop, &trace->pace, PACE_MS * count(trace->status));
}

static void
finish(struct trace *trace)
{
    give(trace, write_end);
    if (trace->gone)
        return;     /* and forgotten */
    server_trace_over(&trace->status->server, trace->ticket);
    forget(trace);
}

/* Gives the next page, if it is time and there is room for it; behind the last the end. */
static void
serve(struct trace *trace)
{
    if (trace->state == STARTING || trace->gone || ev_is_active(&trace->pace) ||
        !server_trace_has_room(&trace->status->server, trace->ticket))
        return;
    if (trace->pages != NULL)
        give_page(trace);
    else if (trace->state == OVER)
        finish(trace);
}

static void
on_pace(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    serve(timer->data);
}

static void
on_page_here(struct mail *mail)
{
    struct tap_page *page = container_of(mail, struct tap_page, mail);
    struct trace *trace = page->tap->owner;

    LL_APPEND(trace->pages, page);
    serve(trace);
}

/* On a worker's thread. */
static void
on_page(struct tap *tap, struct tap_page *page)
{
    const struct trace *trace = tap->owner;

    page->mail.deliver = on_page_here;
    mailbox_post(trace->status->mailbox, &page->mail);
}

/*
 * Visits.
 */

static void
close_tap(struct visit *visit, struct worker *worker)
{
    struct trace *trace = container_of(visit, struct trace, visit);

    (void)worker;
    tap_close(&trace->taps[visit->at]);
}

static void
on_closed(struct visit *visit)
{
    struct trace *trace = container_of(visit, struct trace, visit);

    trace->state = OVER;
    if (trace->gone)
        forget(trace);
    else
        serve(trace);
}

static void
stop(struct trace *trace)
{
    trace->state = STOPPING;
    trace->visit.on_worker = close_tap;
    trace->visit.on_home = on_closed;
    visit_start(&trace->visit, trace->status->workers, trace->status->worker_count,
                trace->status->mailbox);
}

static void
open_tap(struct visit *visit, struct worker *worker)
{
    struct trace *trace = container_of(visit, struct trace, visit);
    struct tap *tap = &trace->taps[visit->at];

    if (worker->stopped)
        return;
    tap_open(tap, &worker->proxy);
    trace->sessions += tap_count_sessions(tap);
}

static void
on_opened(struct visit *visit)
{
    struct trace *trace = container_of(visit, struct trace, visit);

    trace->state = RUNNING;
    if (!trace->gone)
        give(trace, write_begin);
    if (trace->end == NULL)
        serve(trace);
    else if (trace->state == RUNNING)
        stop(trace);
}

static struct trace *
trace_new(struct status *status, const struct admin_trace *what)
{
    struct trace *trace = calloc(1, sizeof(*trace) +
                                    status->worker_count * sizeof(trace->taps[0]));
    size_t i;

    if (trace == NULL)
        return NULL;
    trace->status = status;
    trace->text = what->text;
    trace->wall_us = (int64_t)(admin_wall_ms() * 1000 - status->loop->now_us);
    memcpy(trace->what.account, what->account, sizeof(what->account));
    memcpy(trace->what.farm, what->farm, sizeof(what->farm));
    memcpy(trace->what.node, what->node, sizeof(what->node));
    trace->what.enquire = what->enquire;
    ev_init(&trace->pace, on_pace);
    trace->pace.data = trace;
    for (i = 0; i < status->worker_count; i++) {
        trace->taps[i].filter = trace->what;
        trace->taps[i].on_page = on_page;
        trace->taps[i].owner = trace;
    }
    return trace;
}

static bool
refuse(struct admin_verdict *verdict, const char *why)
{
    verdict->end = ADMIN_REFUSED;
    snprintf(verdict->text, sizeof(verdict->text), "%s", why);
    return false;
}

bool
trace_begin(void *owner, const struct admin_trace *what, uint64_t ticket,
            struct admin_verdict *verdict)
{
    struct status *status = owner;
    struct trace *trace;

    if (count(status) >= TRACES_MAX)
        return refuse(verdict, "four traces are running, and no more can: end one of them first");
    trace = trace_new(status, what);
    if (trace == NULL)
        return refuse(verdict, "memory is short");
    trace->ticket = ticket;
    DL_APPEND(status->traces, trace);
    trace->visit.on_worker = open_tap;
    trace->visit.on_home = on_opened;
    visit_start(&trace->visit, status->workers, status->worker_count, status->mailbox);
    return true;
}

/* NULL: it is over. */
static struct trace *
find(const struct status *status, uint64_t ticket)
{
    struct trace *trace;

    DL_SEARCH_SCALAR(status->traces, trace, ticket, ticket);
    return trace;
}

void
trace_on_room(void *owner, uint64_t ticket)
{
    struct trace *trace = find(owner, ticket);

    if (trace != NULL)
        serve(trace);
}

/* Once only: the first reason counts. */
static void
end(struct trace *trace, const char *why)
{
    if (trace->end != NULL)
        return;
    trace->end = why;
    if (trace->state == RUNNING)
        stop(trace);
}

void
trace_on_gone(void *owner, uint64_t ticket)
{
    struct trace *trace = find(owner, ticket);

    if (trace == NULL)
        return;
    trace->gone = true;
    end(trace, "nobody reads it any more");
    if (trace->state == OVER)
        forget(trace);
}

void
trace_end_all(struct status *status, const char *why)
{
    struct trace *trace;

    DL_FOREACH(status->traces, trace)
        end(trace, why);
}

/* What fits is still given. */
static void
close_one(struct trace *trace, const char *why)
{
    if (trace->end == NULL)
        trace->end = why;
    trace->state = OVER;
    if (trace->gone) {
        forget(trace);
        return;
    }
    while (trace->pages != NULL && !trace->gone &&
           server_trace_has_room(&trace->status->server, trace->ticket))
        give_page(trace);
    if (!trace->gone)
        finish(trace);
}

void
trace_close_all(struct status *status, const char *why)
{
    struct trace *trace, *next;

    DL_FOREACH_SAFE(status->traces, trace, next)
        close_one(trace, why);
    conn_flush_dirty(status->loop);
}
