/* SPDX-License-Identifier: ISC */
/*
 * Brings what the plan holds to the sessions that have room. A part that must
 * go over one certain session waits in its queue; everything else is taken
 * from the plan at the moment of sending.
 */
#include "tools/load_run.h"

#include <string.h>

#include "tools/load_clock.h"

/* No new message of an account while so many parts wait for a slow connection. */
#define QUEUED_MAX 2048

static void
queue(struct load_run *run, struct load_session *session, const struct load_part *part)
{
    if (!load_queue_push(&session->queue, part)) {
        run->out_of_memory = true;
        return;
    }
    run->groups[part->account].queued++;
    run->queued++;
}

static bool
unqueue(struct load_run *run, struct load_session *session, struct load_part *part)
{
    if (!load_queue_pop(&session->queue, part))
        return false;
    run->groups[part->account].queued--;
    run->queued--;
    return true;
}

/* The next bound sender of an account; NULL: none is. */
static struct load_session *
next_sender(struct load_group *group)
{
    struct load_session *session;
    size_t i;

    for (i = 0; i < group->n; i++) {
        session = group->senders[group->next];
        group->next = (group->next + 1) % group->n;
        if (session->state == LOAD_BOUND)
            return session;
    }
    return NULL;
}

/* The parts of a long message into the queues of those that are to send them. */
static void
spread(struct load_run *run, struct load_session *session, const struct load_part *parts,
       unsigned n)
{
    struct load_session *sender = session;
    unsigned i;

    for (i = 0; i < n; i++) {
        if (run->options->several)
            sender = next_sender(&run->groups[session->account_index]);
        queue(run, sender == NULL ? session : sender, &parts[i]);
    }
}

static bool
take(struct load_run *run, struct load_session *session, uint64_t now_ns, struct load_part *part)
{
    struct load_part parts[LOAD_PARTS_MAX];
    unsigned n;

    for (;;) {
        if (unqueue(run, session, part))
            return true;
        if (run->phase != LOAD_PHASE_SENDING || !load_session_is_sender(session) ||
            run->groups[session->account_index].queued > QUEUED_MAX)
            return false;
        n = load_plan_next(&run->plan, session->account_index, now_ns, parts);
        if (n == 0)
            return false;
        if (n == 1) {
            *part = parts[0];
            return true;
        }
        spread(run, session, parts, n);
    }
}

static void
give_up(struct load_run *run, const struct load_part *part)
{
    if (part->tries > 0)
        load_statuses_add(&run->counts.refused, part->refused);
}

static void
send_part(struct load_run *run, struct load_session *session, const struct load_part *part,
          uint64_t now_ns)
{
    struct load_open *open;
    uint8_t *room;

    room = load_session_request(session, SMPP_SUBMIT_SM,
                                load_template_length(&run->templates, part), &open);
    if (room == NULL) {
        run->out_of_memory = true;
        give_up(run, part);
        return;
    }
    load_template_write(&run->templates, part, open->number, room);
    open->part = *part;
    run->open++;
    run->active_ns = now_ns;
    if (part->tries == 0)
        run->counts.sent++;
    else
        run->counts.retried++;
}

/* Sends what waits in the queues of an account's sessions. */
static void
drain(struct load_run *run, struct load_group *group, uint64_t now_ns)
{
    struct load_part part;
    size_t i;

    for (i = 0; i < group->n && group->queued > 0; i++)
        while (load_session_has_room(group->senders[i]) &&
               unqueue(run, group->senders[i], &part))
            send_part(run, group->senders[i], &part, now_ns);
}

static void
follow_pump(struct load_run *run, uint64_t now_ns)
{
    uint8_t pdu[LOAD_FOLLOW_ROOM], *room;
    struct load_session *session;
    struct load_open *open;
    uint32_t command;
    size_t n;

    while (load_follow_has_next(&run->follow)) {
        session = next_sender(&run->groups[load_follow_account(&run->follow)]);
        if (session == NULL || !load_session_has_room(session))
            return;
        n = load_follow_write(&run->follow, pdu, &command);
        ensure(n > 0);
        room = load_session_request(session, command, n, &open);
        if (room == NULL) {
            load_follow_unanswered(&run->follow, command);
            return;
        }
        memcpy(room, pdu, n);
        pdu_put_number(room, open->number);
        run->active_ns = now_ns;
    }
}

void
load_send_pump(struct load_run *run, struct load_session *session)
{
    struct load_group *group = &run->groups[session->account_index];
    uint64_t now_ns = load_clock_ns();
    struct load_part part;

    if (run->phase == LOAD_PHASE_FOLLOW) {
        follow_pump(run, now_ns);
        return;
    }
    while (load_session_has_room(session) && take(run, session, now_ns, &part))
        send_part(run, session, &part, now_ns);
    if (group->queued > 0)
        drain(run, group, now_ns);
}

void
load_send_pump_all(struct load_run *run)
{
    uint64_t now_ns = load_clock_ns();
    struct load_session *session;
    struct load_part part;
    bool more = true;
    size_t i;

    if (run->phase == LOAD_PHASE_FOLLOW)
        follow_pump(run, now_ns);
    while (more && run->phase <= LOAD_PHASE_ANSWERS) {
        more = false;
        for (i = 0; i < run->n_sessions; i++) {
            session = &run->sessions[i];
            if (!load_session_has_room(session) || !take(run, session, now_ns, &part))
                continue;
            send_part(run, session, &part, now_ns);
            more = true;
        }
    }
}

void
load_send_rescue(struct load_run *run, struct load_session *session)
{
    struct load_session *other;
    struct load_part part;

    if (session->queue.len == 0)
        return;
    other = next_sender(&run->groups[session->account_index]);
    if (other == NULL && session->state != LOAD_CLOSED)
        return;         /* it sends them itself, later */
    while (unqueue(run, session, &part))
        if (other != NULL)
            queue(run, other, &part);
        else
            give_up(run, &part);
}

static bool
any_alive(const struct load_group *group)
{
    size_t i;

    for (i = 0; i < group->n; i++)
        if (group->senders[i]->state != LOAD_CLOSED)
            return true;
    return false;
}

void
load_send_retry(struct load_run *run)
{
    uint64_t now_ns = load_clock_ns(), limit_ns = run->options->timeout_ms * 1000000;
    struct load_queue *due = &run->retry[1], spare;
    struct load_session *session;
    struct load_part part;
    size_t i;

    while (load_queue_pop(due, &part)) {
        run->queued--;
        session = next_sender(&run->groups[part.account]);
        if (session != NULL && now_ns - part.due_ns < limit_ns) {
            queue(run, session, &part);
            continue;
        }
        if (session != NULL || !any_alive(&run->groups[part.account]) ||
            !load_queue_push(&run->retry[0], &part))
            give_up(run, &part);
        else
            run->queued++;
    }
    spare = run->retry[0];
    run->retry[0] = run->retry[1];
    run->retry[1] = spare;
    for (i = 0; i < run->n_sessions; i++)
        if (run->sessions[i].state != LOAD_BOUND)
            load_send_rescue(run, &run->sessions[i]);
    load_send_pump_all(run);
}

void
load_send_discard(struct load_run *run)
{
    struct load_part part;
    size_t i;

    for (i = 0; i < run->n_sessions; i++)
        while (unqueue(run, &run->sessions[i], &part))
            give_up(run, &part);
    for (i = 0; i < 2; i++)
        while (load_queue_pop(&run->retry[i], &part)) {
            run->queued--;
            give_up(run, &part);
        }
}
