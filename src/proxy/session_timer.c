/* SPDX-License-Identifier: ISC */
/*
 * A session's one timer. While it is bound the timer is not touched per message:
 * when it fires it finds out what is due next (watch).
 */
#include <stdio.h>

#include "proxy/downward.h"
#include "proxy/session_inner.h"
#include "proxy/upward.h"

static bool
is_watched(const struct session *session)
{
    return session->state == SESSION_BOUND || session->state == SESSION_DRAINING;
}

void
session_watch_by(struct session *session, uint64_t due_ms)
{
    if (!is_watched(session) || session->out_of_memory || due_ms >= session->watch_due_ms)
        return;
    if (due_ms < session_now_ms(session))
        due_ms = session_now_ms(session);
    session->watch_due_ms = due_ms;
    loop_timer_start(session->proxy->loop, &session->timer, due_ms - session_now_ms(session) + 1);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns when a client whose buffer is full will have taken nothing for too
 * long; 0: it has, and the session ends. */
static uint64_t
stalled(struct session *session)
{
    uint64_t due = session->conn.wrote_at_ms + session->listener->response_timeout_ms;

    if (!conn_is_full(&session->conn))
        return UINT64_MAX;
    if (due > session_now_ms(session))
        return due;
    session_finish(session, SESSION_END_STALLED);
    return 0;
}

/* Asks a client that was silent for too long. Returns when to look again; 0: the
 * session ends. */
static uint64_t
enquire(struct session *session)
{
    const struct conf_listener *listener = session->listener;
    uint64_t now = session_now_ms(session), heard = session->conn.read_at_ms, due;

    if (listener->enquire_link_ms == 0 || session->conn.paused)
        return UINT64_MAX;
    if (session->own_number != 0 && heard <= session->enquire_sent_ms) {
        due = session->enquire_sent_ms + listener->enquire_timeout_ms;
        if (due > now)
            return due;
        session_finish(session, SESSION_END_ENQUIRE_TIMEOUT);
        return 0;
    }
    due = heard + listener->enquire_link_ms;
    if (due > now)
        return due;
    session_ask(session, SMPP_ENQUIRE_LINK);
    session->enquire_sent_ms = now;
    return now + earlier(listener->enquire_timeout_ms, listener->enquire_link_ms);
}

/* Returns when the client will have been inactive for too long; 0: it has been. */
static uint64_t
inactivity(struct session *session)
{
    uint64_t timeout = session->listener->inactivity_timeout_ms;

    if (timeout == 0 || session->state != SESSION_BOUND || session->in_flight > 0 ||
        session_holds(session))
        return UINT64_MAX;
    if (session->active_at_ms + timeout > session_now_ms(session))
        return session->active_at_ms + timeout;
    session_drain(session, SESSION_END_INACTIVE);
    return 0;
}

static void
watch(struct session *session)
{
    uint64_t due, now = session_now_ms(session);

    branch_open_all(session);
    due = earlier(downward_expire(session), upward_expire_held(session));
    session_check_drained(session);
    if (!is_watched(session))
        return;
    due = earlier(due, stalled(session));
    if (due > 0)
        due = earlier(due, enquire(session));
    if (due > 0)
        due = earlier(due, inactivity(session));
    if (due == 0)
        return;
    window_trim(&session->window);
    due = earlier(due, now + session->listener->response_timeout_ms);
    session->watch_due_ms = UINT64_MAX;
    session_watch_by(session, due);
}

void
session_on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct session *session = timer->data;

    (void)ev;
    (void)revents;
    if (session->out_of_memory) {
        session->end = SESSION_END_NO_MEMORY;
        session_enter(session, SESSION_CLOSED);
        return;
    }
    switch (session->state) {
    case SESSION_OPEN:
        session->proxy->counters.bind_timeouts++;
        if (session->awaits_header)
            snprintf(session->end_detail, sizeof(session->end_detail), "no whole PROXY header");
        else if (session->conn.state == CONN_HANDSHAKE)
            snprintf(session->end_detail, sizeof(session->end_detail), "TLS handshake not done");
        session_finish(session, SESSION_END_BIND_TIMEOUT);
        break;
    case SESSION_BOUND:
    case SESSION_DRAINING:
        watch(session);
        break;
    case SESSION_LEAVING:
        upward_refuse_held(session);
        upward_give_up(session);
        session_check_drained(session);
        break;
    case SESSION_UNBINDING:
        session_finish(session, SESSION_END_UNBIND);
        break;
    case SESSION_BINDING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
}
