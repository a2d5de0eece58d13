/* SPDX-License-Identifier: ISC */
/*
 * The course of a run: its phases, when each is over, and the slow clock that
 * looks after what no response brings about.
 */
#include "tools/load_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load_clock.h"

#define TICK_MS 20
#define LOG_BUFFER ((size_t)1 << 20)

static void
enter(struct load_run *run, enum load_phase phase)
{
    size_t i;

    run->phase = phase;
    run->phase_ns = load_clock_ns();
    switch (phase) {
    case LOAD_PHASE_SENDING:
        run->counts.start_ns = run->active_ns = run->phase_ns;
        run->progress.at_ns = run->phase_ns;
        load_plan_start(&run->plan, run->phase_ns);
        load_pace_start(run);
        load_send_pump_all(run);
        break;
    case LOAD_PHASE_FOLLOW:
        load_send_discard(run);
        load_send_pump_all(run);
        break;
    case LOAD_PHASE_UNBINDING:
        for (i = 0; i < run->n_sessions; i++)
            load_session_unbind(&run->sessions[i]);
        break;
    case LOAD_PHASE_DONE:
        for (i = 0; i < run->n_sessions; i++)
            load_session_close(&run->sessions[i]);
        loop_stop(&run->loop);
        break;
    case LOAD_PHASE_BINDING:
    case LOAD_PHASE_ANSWERS:
    case LOAD_PHASE_RECEIPTS:
    case LOAD_PHASE_LINGER:
    case LOAD_PHASE_IDLE:
        break;
    }
}

static size_t
count_in(const struct load_run *run, enum load_session_state state)
{
    size_t i, n = 0;

    for (i = 0; i < run->n_sessions; i++)
        n += run->sessions[i].state == state;
    return n;
}

/* Every connection has ended for good. */
static bool
all_closed(const struct load_run *run)
{
    return count_in(run, LOAD_CLOSED) == run->n_sessions;
}

static bool
has_passed(uint64_t since_ns, uint64_t ms)
{
    return load_clock_ns() - since_ns >= ms * 1000000;
}

/* Something is owed, and nothing has moved for --timeout. */
static bool
is_stalled(const struct load_run *run)
{
    uint64_t since_ns = run->active_ns > run->phase_ns ? run->active_ns : run->phase_ns;

    return has_passed(since_ns, run->options->timeout_ms) &&
           (run->open > 0 || run->queued > 0 || run->follow.open > 0 ||
            count_in(run, LOAD_BOUND) == 0 || run->phase == LOAD_PHASE_FOLLOW);
}

static bool
sending_is_over(const struct load_run *run)
{
    const struct load_options *options = run->options;

    if (run->out_of_memory || all_closed(run) || is_stalled(run))
        return true;
    if (options->bind == LOAD_BIND_RX)
        return has_passed(run->counts.start_ns, options->duration_ms);
    return load_plan_is_done(&run->plan, load_clock_ns());
}

static bool
binding_is_over(const struct load_run *run)
{
    if (run->settled < run->n_sessions)
        return false;
    return !run->options->reconnect || count_in(run, LOAD_BOUND) > 0 ||
           has_passed(run->phase_ns, run->options->timeout_ms);
}

static bool
receipts_are_over(const struct load_run *run)
{
    uint64_t since_ns = run->receipt_ns > run->phase_ns ? run->receipt_ns : run->phase_ns;

    return !run->options->receipts || run->ids.receipts_matched >= run->ids.given ||
           all_closed(run) || has_passed(since_ns, run->options->receipt_wait_ms);
}

static bool
linger_is_over(const struct load_run *run)
{
    uint64_t since_ns = run->heard_ns > run->phase_ns ? run->heard_ns : run->phase_ns;

    return all_closed(run) || has_passed(since_ns, run->options->linger_ms);
}

static bool
is_over(struct load_run *run)
{
    switch (run->phase) {
    case LOAD_PHASE_BINDING:
        return binding_is_over(run);
    case LOAD_PHASE_SENDING:
        return sending_is_over(run);
    case LOAD_PHASE_ANSWERS:
        return (run->open == 0 && run->queued == 0) || all_closed(run) || is_stalled(run);
    case LOAD_PHASE_FOLLOW:
        return (!load_follow_has_next(&run->follow) && run->follow.open == 0) ||
               all_closed(run) || is_stalled(run);
    case LOAD_PHASE_RECEIPTS:
        return receipts_are_over(run);
    case LOAD_PHASE_LINGER:
        return linger_is_over(run);
    case LOAD_PHASE_IDLE:
        return all_closed(run) || has_passed(run->phase_ns, run->options->idle_ms);
    case LOAD_PHASE_UNBINDING:
        return all_closed(run);
    case LOAD_PHASE_DONE:
        return false;
    }
    return false;
}

/* Messages come by the hundred thousand; only what they can end is looked at. */
static bool
may_be_over(const struct load_run *run)
{
    if (run->phase == LOAD_PHASE_SENDING)
        return run->plan.next >= run->plan.limit;
    return run->phase != LOAD_PHASE_ANSWERS || (run->open == 0 && run->queued == 0);
}

void
load_run_advance(struct load_run *run)
{
    while (may_be_over(run) && is_over(run))
        enter(run, run->phase + 1);
}

static void
on_tick(struct ev_loop *ev, ev_timer *tick, int revents)
{
    struct load_run *run = tick->data;

    (void)ev;
    (void)revents;
    run->ticks++;
    if (run->ticks % (LOAD_RETRY_MS / TICK_MS) == 0 &&
        (run->phase == LOAD_PHASE_SENDING || run->phase == LOAD_PHASE_ANSWERS))
        load_send_retry(run);
    if (run->phase != LOAD_PHASE_BINDING && has_passed(run->progress.at_ns, 1000))
        load_progress_second(run);
    if (run->phase != LOAD_PHASE_DONE && is_over(run))
        enter(run, run->phase + 1);
    load_run_advance(run);
}

/* Once: no more is sent, and what is open gets its answer; twice: at once. */
static void
on_interrupt(struct ev_loop *ev, ev_signal *interrupt, int revents)
{
    struct load_run *run = interrupt->data;

    (void)ev;
    (void)revents;
    if (run->phase == LOAD_PHASE_DONE)
        return;
    if (run->interrupts++ > 0) {
        enter(run, LOAD_PHASE_DONE);
    } else if (run->phase == LOAD_PHASE_SENDING || run->phase == LOAD_PHASE_ANSWERS) {
        load_send_discard(run);
        enter(run, LOAD_PHASE_ANSWERS);
    } else if (run->phase < LOAD_PHASE_UNBINDING) {
        enter(run, LOAD_PHASE_UNBINDING);
    }
    load_run_advance(run);
}

static uint64_t
common_multiple(uint64_t a, uint64_t b)
{
    uint64_t x = a, y = b, rest;

    while (y != 0) {
        rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

static uint32_t
bind_command(const struct load_options *options, size_t index)
{
    switch (options->bind) {
    case LOAD_BIND_TRX:
        return SMPP_BIND_TRANSCEIVER;
    case LOAD_BIND_TX:
        return SMPP_BIND_TRANSMITTER;
    case LOAD_BIND_RX:
        return SMPP_BIND_RECEIVER;
    case LOAD_BIND_PAIR:
        return index % 2 == 0 ? SMPP_BIND_TRANSMITTER : SMPP_BIND_RECEIVER;
    }
    return SMPP_BIND_TRANSCEIVER;
}

static bool
add_sender(struct load_group *group, struct load_session *session)
{
    struct load_session **senders;

    senders = reallocarray(group->senders, group->n + 1, sizeof(senders[0]));
    if (senders == NULL)
        return false;
    group->senders = senders;
    group->senders[group->n++] = session;
    return true;
}

/* Targets in turn, accounts in turn, and so that in the end each meets each. */
static bool
init_session(struct load_run *run, size_t index)
{
    const struct load_options *options = run->options;
    struct load_session *session = &run->sessions[index];
    size_t turn = options->bind == LOAD_BIND_PAIR ? index / 2 : index;
    size_t round = turn / common_multiple(options->n_targets, options->n_accounts);
    struct load_group *group;

    if (!load_session_init(session, &run->loop, options, &load_run_session_ops, run))
        return false;
    session->account_index = (uint16_t)((turn + round) % options->n_accounts);
    session->account = &options->accounts[session->account_index];
    group = &run->groups[session->account_index];
    session->target = &options->targets[turn % options->n_targets];
    session->bind_command = bind_command(options, index);
    if (load_session_is_sender(session))
        return add_sender(group, session);
    return true;
}

static bool
init_sessions(struct load_run *run)
{
    size_t wanted = run->options->connections;

    if (run->options->bind == LOAD_BIND_PAIR)
        wanted *= 2;
    run->groups = calloc(run->options->n_accounts, sizeof(run->groups[0]));
    run->sessions = calloc(wanted, sizeof(run->sessions[0]));
    if (run->groups == NULL || run->sessions == NULL)
        return false;
    while (run->n_sessions < wanted)
        if (!init_session(run, run->n_sessions++))
            return false;
    return true;
}

static bool
init_log(struct load_run *run)
{
    if (run->options->log == NULL)
        return true;
    run->log = fopen(run->options->log, "we");
    if (run->log == NULL) {
        fprintf(stderr, "smppload: can't write %s\n", run->options->log);
        return false;
    }
    return setvbuf(run->log, NULL, _IOFBF, LOG_BUFFER) == 0;
}

static void
init_events(struct load_run *run)
{
    ev_timer_init(&run->tick, on_tick, TICK_MS / 1e3, TICK_MS / 1e3);
    run->tick.data = run;
    ev_signal_init(&run->interrupt, on_interrupt, SIGINT);
    run->interrupt.data = run;
    ev_signal_init(&run->terminate, on_interrupt, SIGTERM);
    run->terminate.data = run;
}

bool
load_run_init(struct load_run *run, const struct load_options *options)
{
    uint64_t ids = options->receipts || options->id_check ? options->messages : 0;

    memset(run, 0, sizeof(*run));
    run->options = options;
    run->random = 0xD1B54A32D192ED03U;
    run->pace.fd = -1;
    init_events(run);
    errno = ENOMEM;
    return loop_init(&run->loop) && load_plan_init(&run->plan, options) &&
           load_templates_init(&run->templates, options) && load_ids_init(&run->ids, ids) &&
           load_follow_init(&run->follow, options, &run->templates) && load_pace_init(run) &&
           init_log(run) && init_sessions(run);
}

void
load_run_fini(struct load_run *run)
{
    size_t i;

    for (i = 0; i < run->n_sessions; i++)
        load_session_fini(&run->sessions[i]);
    for (i = 0; run->groups != NULL && i < run->options->n_accounts; i++)
        free(run->groups[i].senders);
    free(run->groups);
    free(run->sessions);
    load_queue_fini(&run->retry[0]);
    load_queue_fini(&run->retry[1]);
    if (run->log != NULL)
        fclose(run->log);
    load_follow_fini(&run->follow);
    load_ids_fini(&run->ids);
    load_templates_fini(&run->templates);
    load_plan_fini(&run->plan);
    if (run->loop.ev != NULL) {
        load_pace_fini(run);
        ev_timer_stop(run->loop.ev, &run->tick);
        loop_fini(&run->loop);
    }
}

void
load_run_go(struct load_run *run)
{
    size_t i;

    signal(SIGPIPE, SIG_IGN);
    ev_timer_start(run->loop.ev, &run->tick);
    ev_signal_start(run->loop.ev, &run->interrupt);
    ev_signal_start(run->loop.ev, &run->terminate);
    enter(run, LOAD_PHASE_BINDING);
    for (i = 0; i < run->n_sessions; i++)
        load_session_open(&run->sessions[i]);
    loop_run(&run->loop);
    ev_signal_stop(run->loop.ev, &run->interrupt);
    ev_signal_stop(run->loop.ev, &run->terminate);
    load_histogram_add(&run->counts.latency, &run->counts.recent);
}
