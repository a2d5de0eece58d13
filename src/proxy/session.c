/* SPDX-License-Identifier: ISC */
/*
 * A session's states and what they wait for, its end, and what its buffers mean
 * for reading. Its timer is in session_timer.c, its bind in session_bind.c, the
 * PDUs that its client sends in session_pdu.c.
 */
#include "proxy/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/downward.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/session_gate.h"
#include "proxy/session_inner.h"
#include "proxy/tap.h"
#include "proxy/upward.h"

#define LEAVE_TIMEOUT_MS 5000       /* for what is open when the client unbinds */
#define UNBIND_TIMEOUT_MS 5000      /* for the client's unbind_resp */
#define LINGER_MS 1000

#define TO(symbol) (1U << SESSION_##symbol)
static const unsigned permitted[] = {
#define SESSION_STATE(symbol, name, next) [SESSION_##symbol] = (next),
#include "proxy/session_state.def"
#undef SESSION_STATE
};

static const char *const state_names[] = {
#define SESSION_STATE(symbol, name, next) name,
#include "proxy/session_state.def"
#undef SESSION_STATE
};

static const char *const end_words[] = {
#define SESSION_END(symbol, words) words,
#include "proxy/session_end.def"
#undef SESSION_END
};

const char *
session_state_name(enum session_state state)
{
    return state_names[state];
}

const char *
session_label(const struct session *session)
{
    static _Thread_local char text[32 + SESSION_NAME_SIZE + ADDR_TEXT_SIZE];
    char addr[ADDR_TEXT_SIZE];

    snprintf(text, sizeof(text), "c%llu %s%s%s", (unsigned long long)session->id,
             session->system_id, session->system_id[0] != '\0' ? "@" : "",
             addr_format(&session->peer, addr));
    return text;
}

static void
log_end(const struct session *session)
{
    if (tap_is_on(session->proxy))
        tap_session(session, end_words[session->end]);
    if (session->end == SESSION_END_MOVED) {
        log_debug(session_label(session), "moved to the worker of its account");
        return;
    }
    log_limited(session->bound_state != 0 ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE,
                session_label(session),
                "ended reason=\"%s\" detail=\"%s\" seconds=%.1f requests=%llu responses=%llu "
                "deliveries=%llu bytes_in=%llu bytes_out=%llu",
                end_words[session->end], session->end_detail,
                (double)(session_now_ms(session) - session->accepted_at_ms) / 1000,
                (unsigned long long)session->requests, (unsigned long long)session->responses,
                (unsigned long long)session->deliveries, (unsigned long long)session->bytes_in,
                (unsigned long long)session->conn.queued);
}

static void
bury(struct grave *grave)
{
    struct session *session = container_of(grave, struct session, grave);

    branch_free_all(session);
    window_fini(&session->window);
    free(session);
}

static void
leave_linkset(struct branch *branch, void (*close_linkset)(struct linkset *linkset))
{
    struct linkset *linkset = branch->linkset;

    if (linkset == NULL)
        return;
    if (branch->member != NULL) {
        pool_leave(branch);
        return;
    }
    branch->linkset = NULL;
    linkset->account->sessions--;
    close_linkset(linkset);
}

static void
leave_linksets(struct session *session, void (*close_linkset)(struct linkset *linkset))
{
    uint32_t i;

    for (i = 0; i <= session->other_count; i++)
        leave_linkset(session_branch(session, i), close_linkset);
}

/* Lets go of the nodes and of all that waits. */
static void
release(struct session *session)
{
    downward_turn_back(session);
    upward_forget_held(session);
    leave_linksets(session, linkset_close);
}

static bool
is_bound(enum session_state state)
{
    switch (state) {
    case SESSION_BOUND:
    case SESSION_LEAVING:
    case SESSION_DRAINING:
    case SESSION_UNBINDING:
        return true;
    case SESSION_OPEN:
    case SESSION_BINDING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
    return false;
}

static void
count_bound(struct session *session, int change)
{
    session->proxy->bound_count += (uint32_t)change;
    if (change != 0)
        registry_count_bound(session->entry, change);
}

void
session_enter(struct session *session, enum session_state state)
{
    struct loop *loop = session->proxy->loop;

    ensure((permitted[session->state] & 1U << state) != 0);
    log_debug(session_label(session), "%s -> %s", session_state_name(session->state),
              state_names[state]);
    count_bound(session, is_bound(state) - is_bound(session->state));
    session->state = state;
    loop_timer_stop(loop, &session->timer);
    switch (state) {
    case SESSION_OPEN:
    case SESSION_BINDING:
        break;
    case SESSION_BOUND:
    case SESSION_DRAINING:
        session->watch_due_ms = session_now_ms(session);
        loop_timer_start(loop, &session->timer, 0);
        break;
    case SESSION_LEAVING:
        loop_timer_start(loop, &session->timer, LEAVE_TIMEOUT_MS);
        break;
    case SESSION_UNBINDING:
        loop_timer_start(loop, &session->timer, UNBIND_TIMEOUT_MS);
        break;
    case SESSION_ENDING:
        release(session);
        conn_finish(&session->conn, LINGER_MS);
        break;
    case SESSION_CLOSED:
        release(session);
        conn_close(&session->conn);
        log_end(session);
        gate_leave(&session->pass, session->proxy->loop->now_us);
        if (session->entry != NULL)
            registry_put(session->proxy->registry, session->entry);
        handle_free(&session->proxy->session_table, session->handle);
        DL_DELETE(session->proxy->sessions, session);
        session->proxy->session_count--;
        loop_bury(loop, &session->grave, bury);
        proxy_check_empty(session->proxy);
        break;
    }
}

void
session_finish(struct session *session, enum session_end end)
{
    if (session->state == SESSION_ENDING || session->state == SESSION_CLOSED)
        return;
    if (session->end == SESSION_END_NONE)
        session->end = end;
    session_enter(session, session->conn.state == CONN_OPEN ? SESSION_ENDING : SESSION_CLOSED);
    if (session->state == SESSION_ENDING && session->conn.state == CONN_CLOSED)
        session_enter(session, SESSION_CLOSED);
}

uint8_t *
session_put(struct session *session, size_t n)
{
    uint8_t *room = conn_put(&session->conn, n);

    if (room == NULL && session->conn.state == CONN_OPEN) {
        session->out_of_memory = true;
        loop_timer_start(session->proxy->loop, &session->timer, 0);
    }
    return room;
}

void
session_answer(struct session *session, uint32_t command, uint32_t status, uint32_t number,
               const char *why)
{
    bool v33 = command == SMPP_SUBMIT_SM && session->interface_version < 0x34;
    uint32_t length = PDU_HEADER + v33;
    uint8_t *room = session_put(session, length);

    if (room == NULL)
        return;
    pdu_put_header(room, length, command | SMPP_RESPONSE, status, number);
    if (v33)
        room[PDU_HEADER] = 0;
    if (tap_is_on(session->proxy))
        tap_to_client(session, room, NULL, -1, why);
}

void
session_ask(struct session *session, uint32_t command)
{
    uint8_t *room = session_put(session, PDU_HEADER);

    session->own_number = window_number(&session->window);
    if (room == NULL)
        return;
    pdu_put_header(room, PDU_HEADER, command, SMPP_ROK, session->own_number);
    if (tap_is_on(session->proxy))
        tap_to_client(session, room, NULL, -1, "smpplex asks by itself");
}

bool
session_holds(struct session *session)
{
    const struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->waiting > 0 || branch->held.first != NULL)
            return true;
    }
    return false;
}

size_t
session_held_bytes(struct session *session)
{
    size_t bytes = session->home.held.bytes + session->home.waiting_bytes;
    uint32_t i;

    for (i = 0; i < session->other_count; i++)
        bytes += session->others[i]->held.bytes + session->others[i]->waiting_bytes;
    return bytes;
}

/* Of those that share their links: what waits there may fill the client's buffer. */
static void
update_members(struct session *session)
{
    struct member *member;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        member = session_branch(session, i)->member;
        if (member != NULL)
            pool_update(member);
    }
}

static void
update_links(struct session *session)
{
    size_t hold = session->listener->hold;
    bool stop = conn_is_full(&session->conn) ||
                session->held_down.bytes > (session->links_paused ? hold / 2 : hold);
    struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->member != NULL || branch->linkset == NULL)
            continue;
        /* Again while they are stopped: a link that has come since reads. */
        if (stop)
            linkset_pause(branch->linkset);
        else if (session->links_paused)
            linkset_resume(branch->linkset);
    }
    session->links_paused = stop;
}

void
session_update_reading(struct session *session)
{
    size_t hold = session->listener->hold;
    size_t held = session_held_bytes(session);
    bool stop = conn_is_full(&session->conn) || held > (session->conn.paused ? hold / 2 : hold);

    if (session->conn.state == CONN_OPEN && stop != session->conn.paused &&
        session->state != SESSION_LEAVING) {
        if (stop)
            conn_pause(&session->conn);
        else
            conn_resume(&session->conn);
    }
    update_members(session);
    update_links(session);
}

/*
 * Unbinding.
 */

void
session_check_drained(struct session *session)
{
    if (session->in_flight > 0 || session_holds(session))
        return;
    if (session->state == SESSION_LEAVING) {
        if (session->end == SESSION_END_UNBIND)
            session_answer(session, SMPP_UNBIND, SMPP_ROK, session->unbind_number,
                           NULL);
        session_finish(session, SESSION_END_UNBIND);
    } else if (session->state == SESSION_DRAINING) {
        session_enter(session, SESSION_UNBINDING);
        session_ask(session, SMPP_UNBIND);
    }
}

void
session_drain(struct session *session, enum session_end end)
{
    switch (session->state) {
    case SESSION_OPEN:
        session_finish(session, end);
        break;
    case SESSION_BINDING:
        session_answer(session, session->bind_command, SMPP_RBINDFAIL, session->bind_number,
                       "the session is to end");
        session_finish(session, end);
        break;
    case SESSION_BOUND:
        session->end = end;
        session_enter(session, SESSION_DRAINING);
        session_check_drained(session);
        break;
    case SESSION_LEAVING:
    case SESSION_DRAINING:
    case SESSION_UNBINDING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
}

struct session *
session_new(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session != NULL)
        session->handle = handle_new(&proxy->session_table, session);
    if (session == NULL || session->handle.generation == 0) {
        log_limited(LOG_LEVEL_ERROR, listener->name, "out of memory, connection refused");
        free(session);
        return NULL;
    }
    session->proxy = proxy;
    session->home.session = session;
    session->listener = listener;
    session->peer = *peer;
    session->accepted_at_ms = session->active_at_ms = loop_now_ms(proxy->loop);
    conn_init(&session->conn, proxy->loop, &session_conn_ops, session);
    window_init(&session->window, listener->window, arc4random());
    ev_init(&session->timer, session_on_timer);
    session->timer.data = session;
    DL_APPEND(proxy->sessions, session);
    proxy->session_count++;
    return session;
}

void
session_abort(struct session *session)
{
    session->end = SESSION_END_DRAIN;
    leave_linksets(session, linkset_abort);
    session_enter(session, SESSION_CLOSED);
}

void
session_give_up(struct session *session)
{
    struct member *member;
    uint32_t i;

    if (session->home.linkset == NULL)
        return;
    upward_refuse_held(session);
    upward_give_up(session);
    downward_turn_back(session);
    for (i = 0; i <= session->other_count; i++) {
        member = session_branch(session, i)->member;
        if (member != NULL)
            pool_turn_back(member->pool);
    }
}
