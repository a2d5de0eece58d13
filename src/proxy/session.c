/* SPDX-License-Identifier: ISC */
/*
 * A session's states and what they wait for, its one timer, and the PDUs that
 * are its own affair: bind, enquire_link, unbind, and what the state forbids.
 * While it is bound the timer is not touched per message: when it fires it finds
 * out what is due next (watch).
 */
#include "proxy/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "base/escape.h"
#include "base/log.h"
#include "proxy/downward.h"
#include "proxy/upward.h"
#include "smpp/bind.h"
#include "smpp/stray.h"

#define LEAVE_TIMEOUT_MS 5000       /* for what is open when the client unbinds */
#define UNBIND_TIMEOUT_MS 5000      /* for the client's unbind_resp */
#define LINGER_MS 1000

static size_t on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n);
static void on_conn_room(struct conn *conn);
static void on_conn_end(struct conn *conn, enum conn_end end, int error);
static void on_linkset_bound(struct linkset *linkset);
static void on_linkset_refused(struct linkset *linkset, uint32_t status);
static void on_linkset_room(struct linkset *linkset);
static void on_linkset_starved(struct linkset *linkset);
static void on_linkset_lost(struct linkset *linkset);
static void on_linkset_grace_over(struct linkset *linkset);

static const struct conn_ops conn_ops = {
    .on_bytes = on_conn_bytes,
    .on_room = on_conn_room,
    .on_end = on_conn_end,
};

static const struct linkset_ops linkset_ops = {
    .on_bound = on_linkset_bound,
    .on_refused = on_linkset_refused,
    .on_room = on_linkset_room,
    .on_starved = on_linkset_starved,
    .on_lost = on_linkset_lost,
    .on_grace_over = on_linkset_grace_over,
    .on_request = downward_on_request,
    .on_response = upward_on_response,
    .on_expired = upward_on_expired,
    .on_link_lost = upward_on_link_lost,
};

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

static uint64_t
now_ms(const struct session *session)
{
    return loop_now_ms(session->proxy->loop);
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
    log_limited(session->bound_state != 0 ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE,
                session_label(session),
                "ended reason=\"%s\" detail=\"%s\" seconds=%.1f requests=%llu responses=%llu "
                "deliveries=%llu bytes_in=%llu bytes_out=%llu",
                end_words[session->end], session->end_detail,
                (double)(now_ms(session) - session->accepted_at_ms) / 1000,
                (unsigned long long)session->requests, (unsigned long long)session->responses,
                (unsigned long long)session->deliveries, (unsigned long long)session->bytes_in,
                (unsigned long long)session->conn.queued);
}

static void
bury(struct grave *grave)
{
    struct session *session = container_of(grave, struct session, grave);

    window_fini(&session->window);
    free(session);
}

/* Lets go of the nodes and of all that waits. */
static void
release(struct session *session)
{
    struct linkset *linkset = session->linkset;

    downward_turn_back(session);
    request_list_clear(&session->held, &session->proxy->loop->slab);
    session->linkset = NULL;
    if (linkset != NULL)
        linkset_close(linkset);
}

/* The one place where the state changes. */
static void
enter(struct session *session, enum session_state state)
{
    struct loop *loop = session->proxy->loop;

    ensure((permitted[session->state] & 1U << state) != 0);
    log_debug(session_label(session), "%s -> %s", state_names[session->state],
              state_names[state]);
    session->state = state;
    loop_timer_stop(loop, &session->timer);
    switch (state) {
    case SESSION_OPEN:
    case SESSION_BINDING:
        break;
    case SESSION_BOUND:
    case SESSION_DRAINING:
        session->watch_due_ms = now_ms(session);
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
        handle_free(&session->proxy->session_table, session->handle);
        DL_DELETE(session->proxy->sessions, session);
        session->proxy->session_count--;
        loop_bury(loop, &session->grave, bury);
        proxy_check_empty(session->proxy);
        break;
    }
}

/* Ends it: what is queued is still sent, and then the connection closed. */
static void
finish(struct session *session, enum session_end end)
{
    if (session->state == SESSION_ENDING || session->state == SESSION_CLOSED)
        return;
    if (session->end == SESSION_END_NONE)
        session->end = end;
    enter(session, session->conn.state == CONN_OPEN ? SESSION_ENDING : SESSION_CLOSED);
    if (session->state == SESSION_ENDING && session->conn.state == CONN_CLOSED)
        enter(session, SESSION_CLOSED);
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
session_answer(struct session *session, uint32_t command, uint32_t status, uint32_t number)
{
    bool v33 = command == SMPP_SUBMIT_SM && session->interface_version < 0x34;
    uint32_t length = PDU_HEADER + v33;
    uint8_t *room = session_put(session, length);

    if (room == NULL)
        return;
    pdu_put_header(room, length, command | SMPP_RESPONSE, status, number);
    if (v33)
        room[PDU_HEADER] = 0;
}

static void
request_own(struct session *session, uint32_t command)
{
    uint8_t *room = session_put(session, PDU_HEADER);

    session->own_number = window_number(&session->window);
    if (room != NULL)
        pdu_put_header(room, PDU_HEADER, command, SMPP_ROK, session->own_number);
}

void
session_update_reading(struct session *session)
{
    size_t limit = session->listener->hold;
    bool full = conn_is_full(&session->conn);
    bool stop = full || session->held.bytes > limit;
    bool stop_links = full || session->held_down.bytes > limit;

    if (session->conn.state == CONN_OPEN && stop != session->conn.paused &&
        session->state != SESSION_LEAVING) {
        if (stop)
            conn_pause(&session->conn);
        else
            conn_resume(&session->conn);
    }
    /* Again while they are stopped: a link that has come since reads. */
    if (session->linkset != NULL && (stop_links || session->links_paused)) {
        session->links_paused = stop_links;
        if (stop_links)
            linkset_pause(session->linkset);
        else
            linkset_resume(session->linkset);
    }
}

/*
 * Unbinding.
 */

void
session_check_drained(struct session *session)
{
    if (session->in_flight > 0 || session->held.first != NULL)
        return;
    if (session->state == SESSION_LEAVING) {
        if (session->end == SESSION_END_UNBIND)
            session_answer(session, SMPP_UNBIND, SMPP_ROK, session->unbind_number);
        finish(session, SESSION_END_UNBIND);
    } else if (session->state == SESSION_DRAINING) {
        enter(session, SESSION_UNBINDING);
        request_own(session, SMPP_UNBIND);
    }
}

void
session_drain(struct session *session, enum session_end end)
{
    switch (session->state) {
    case SESSION_OPEN:
        finish(session, end);
        break;
    case SESSION_BINDING:
        session_answer(session, session->bind_command, SMPP_RBINDFAIL, session->bind_number);
        finish(session, end);
        break;
    case SESSION_BOUND:
        session->end = end;
        enter(session, SESSION_DRAINING);
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

/* The stream is of no use any more, but what came before gets its responses. */
static void
leave_broken(struct session *session, enum session_end end)
{
    session->end = end;
    if (session->state != SESSION_BOUND && session->state != SESSION_DRAINING) {
        finish(session, end);
        return;
    }
    enter(session, SESSION_LEAVING);
    conn_pause(&session->conn);
    session_check_drained(session);
}

static void
on_unbind(struct session *session, const struct pdu *pdu)
{
    switch (session->state) {
    case SESSION_BOUND:
    case SESSION_DRAINING:
        session->unbind_number = pdu->number;
        session->end = SESSION_END_UNBIND;
        enter(session, SESSION_LEAVING);
        session_check_drained(session);
        break;
    case SESSION_UNBINDING:
        session_answer(session, SMPP_UNBIND, SMPP_ROK, pdu->number);
        finish(session, SESSION_END_UNBIND);
        break;
    case SESSION_OPEN:
    case SESSION_BINDING:
    case SESSION_LEAVING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        session_answer(session, SMPP_UNBIND, SMPP_RINVBNDSTS, pdu->number);
    }
}

/*
 * The timer.
 */

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
    session->watch_due_ms = due_ms;
    loop_timer_start(session->proxy->loop, &session->timer, due_ms - now_ms(session) + 1);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Asks a client that was silent for too long. Returns when to look again; 0: the
 * session ends. */
static uint64_t
enquire(struct session *session)
{
    const struct conf_listener *listener = session->listener;
    uint64_t now = now_ms(session), heard = session->conn.read_at_ms, due;

    if (listener->enquire_link_ms == 0 || session->conn.paused)
        return UINT64_MAX;
    if (session->own_number != 0 && heard <= session->enquire_sent_ms) {
        due = session->enquire_sent_ms + listener->enquire_timeout_ms;
        if (due > now)
            return due;
        finish(session, SESSION_END_ENQUIRE_TIMEOUT);
        return 0;
    }
    due = heard + listener->enquire_link_ms;
    if (due > now)
        return due;
    request_own(session, SMPP_ENQUIRE_LINK);
    session->enquire_sent_ms = now;
    return now + earlier(listener->enquire_timeout_ms, listener->enquire_link_ms);
}

/* Returns when the client will have been inactive for too long; 0: it has been. */
static uint64_t
inactivity(struct session *session)
{
    uint64_t timeout = session->listener->inactivity_timeout_ms;

    if (timeout == 0 || session->state != SESSION_BOUND || session->in_flight > 0 ||
        session->held.first != NULL)
        return UINT64_MAX;
    if (session->active_at_ms + timeout > now_ms(session))
        return session->active_at_ms + timeout;
    session_drain(session, SESSION_END_INACTIVE);
    return 0;
}

static void
watch(struct session *session)
{
    uint64_t due, now = now_ms(session);

    due = earlier(downward_expire(session), upward_expire_held(session));
    session_check_drained(session);
    if (!is_watched(session))
        return;
    due = earlier(due, enquire(session));
    if (due == 0)
        return;
    due = earlier(due, inactivity(session));
    if (due == 0)
        return;
    due = earlier(due, now + session->listener->response_timeout_ms);
    session->watch_due_ms = UINT64_MAX;
    session_watch_by(session, due);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct session *session = timer->data;

    (void)ev;
    (void)revents;
    if (session->out_of_memory) {
        session->end = SESSION_END_NO_MEMORY;
        enter(session, SESSION_CLOSED);
        return;
    }
    switch (session->state) {
    case SESSION_OPEN:
        finish(session, SESSION_END_BIND_TIMEOUT);
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
        finish(session, SESSION_END_UNBIND);
        break;
    case SESSION_BINDING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
}

/*
 * Binding.
 */

static const char *
bind_name(uint32_t command)
{
    return command_find(command)->name + strlen("bind_");
}

static void
refuse_bind(struct session *session, uint32_t status)
{
    session->proxy->counters.binds_refused++;
    session_answer(session, session->bind_command, status, session->bind_number);
    finish(session, SESSION_END_REFUSED);
}

static void
on_bind(struct session *session, const struct pdu *pdu)
{
    char label[24];
    struct bind bind;

    session->bind_command = pdu->command;
    session->bind_number = pdu->number;
    if (!bind_parse(pdu, &bind)) {
        session->proxy->counters.bad_binds++;
        session_answer(session, pdu->command, SMPP_RINVCMDLEN, pdu->number);
        finish(session, SESSION_END_BAD_BIND);
        return;
    }
    escape(session->system_id, sizeof(session->system_id), bind.system_id.bytes,
           bind.system_id.len);
    session->interface_version = bind.interface_version;
    session->bound_state = command_bound_state(pdu->command);
    enter(session, SESSION_BINDING);
    snprintf(label, sizeof(label), "c%llu", (unsigned long long)session->id);
    session->linkset = linkset_open(session->proxy, session->listener->farm, pdu, label,
                                    &linkset_ops, session);
    if (session->linkset == NULL) {
        snprintf(session->end_detail, sizeof(session->end_detail), "out of memory");
        refuse_bind(session, SMPP_RBINDFAIL);
    }
}

static void
on_linkset_bound(struct linkset *linkset)
{
    struct session *session = linkset->owner;
    uint32_t length;
    uint8_t *room;

    session->proxy->counters.sessions_bound++;
    log_limited(LOG_LEVEL_INFO, session_label(session), "bound as=%s version=0x%02x nodes=%u/%zu",
                bind_name(session->bind_command), session->interface_version, linkset->bound,
                linkset->farm->node_count);
    length = linkset->bind_resp != NULL ? get_be32(linkset->bind_resp) : PDU_HEADER + 1;
    room = session_put(session, length);
    if (room != NULL && linkset->bind_resp != NULL) {
        memcpy(room, linkset->bind_resp, length);
        pdu_put_number(room, session->bind_number);
    } else if (room != NULL) {
        pdu_put_header(room, length, session->bind_command | SMPP_RESPONSE, SMPP_ROK,
                       session->bind_number);
        room[PDU_HEADER] = 0;
    }
    enter(session, SESSION_BOUND);
    downward_serve(session);
}

static void
on_linkset_refused(struct linkset *linkset, uint32_t status)
{
    struct session *session = linkset->owner;
    char spare[STATUS_TEXT_SIZE];

    snprintf(session->end_detail, sizeof(session->end_detail), "%s%s",
             status_name(status, spare),
             linkset->verdict == SMPP_ROK ? ", no node can be reached" : "");
    refuse_bind(session, status);
}

static void
on_linkset_room(struct linkset *linkset)
{
    struct session *session = linkset->owner;

    if (session->held.first != NULL)
        upward_serve(session);
    session_update_reading(session);
}

static void
on_linkset_starved(struct linkset *linkset)
{
    session_watch_by(linkset->owner,
                     linkset->starved_at_ms + linkset->farm->queue_timeout_ms);
}

static void
on_linkset_lost(struct linkset *linkset)
{
    const struct session *session = linkset->owner;

    log_limited(LOG_LEVEL_WARNING, session_label(session), "no node is left grace_ms=%u",
                linkset->farm->grace_ms);
}

static void
on_linkset_grace_over(struct linkset *linkset)
{
    struct session *session = linkset->owner;

    upward_refuse_held(session);
    if (session->state == SESSION_LEAVING || session->state == SESSION_DRAINING)
        session_check_drained(session);
    else
        session_drain(session, SESSION_END_NO_NODE);
}

/*
 * PDUs.
 */

/* A response of the client's: to a node's request, or to our own. */
static void
on_response(struct session *session, const struct pdu *pdu)
{
    struct pending *pending = window_find(&session->window, pdu->number);
    char spare[COMMAND_TEXT_SIZE];

    if (pending != NULL && pdu_answers(pdu->command, pending->command)) {
        session->active_at_ms = now_ms(session);
        downward_response(session, pdu, pending);
    } else if (session->own_number != 0 && pdu->number == session->own_number) {
        session->own_number = 0;
        if (session->state == SESSION_UNBINDING)
            finish(session, SESSION_END_UNBIND);
    } else {
        session->proxy->counters.unexpected_responses++;
        log_limited(LOG_LEVEL_NOTICE, session_label(session),
                    "response that nobody waits for command=%s number=%u",
                    command_name(pdu->command, spare), pdu->number);
    }
}

/* The status for a request that the state does not allow now; ESME_ROK: it does. */
static uint32_t
forbidden(const struct session *session, const struct pdu *pdu, const struct command *command)
{
    switch (session->state) {
    case SESSION_OPEN:
        if (!command->known)
            return SMPP_RINVCMDID;
        return (command->up & SMPP_IN_OPEN) != 0 ? SMPP_ROK : SMPP_RINVBNDSTS;
    case SESSION_BINDING:
    case SESSION_BOUND:
        if (command_bound_state(pdu->command) != 0)
            return SMPP_RALYBND;
        if (session->state == SESSION_BINDING)
            return SMPP_RINVBNDSTS;
        return (command->up & session->bound_state) != 0 ? SMPP_ROK : SMPP_RINVBNDSTS;
    case SESSION_DRAINING:
    case SESSION_UNBINDING:
        return session->listener->farm->busy_status;
    case SESSION_LEAVING:
    case SESSION_ENDING:
    case SESSION_CLOSED:
        break;
    }
    return SMPP_RINVBNDSTS;
}

static void
on_request(struct session *session, const struct pdu *pdu)
{
    const struct command *command = command_find(pdu->command);
    char spare_command[COMMAND_TEXT_SIZE], spare_status[STATUS_TEXT_SIZE];
    uint32_t status;

    if (pdu->command == SMPP_ENQUIRE_LINK) {
        session_answer(session, pdu->command, SMPP_ROK, pdu->number);
        return;
    }
    session->active_at_ms = now_ms(session);
    if (pdu->command == SMPP_UNBIND) {
        on_unbind(session, pdu);
        return;
    }
    status = forbidden(session, pdu, command);
    if (status != SMPP_ROK) {
        session->proxy->counters.state_errors++;
        log_limited(LOG_LEVEL_NOTICE, session_label(session),
                    "request not allowed command=%s state=%s status=%s",
                    command_name(pdu->command, spare_command), state_names[session->state],
                    status_name(status, spare_status));
        session_answer(session, status == SMPP_RINVCMDID ? SMPP_GENERIC_NACK : pdu->command,
                       status, pdu->number);
    } else if (session->state == SESSION_OPEN) {
        on_bind(session, pdu);
    } else {
        upward_request(session, pdu);
    }
}

/* True: it is another protocol, and the session has ended. */
static bool
is_stray(struct session *session, const uint8_t *bytes, size_t n)
{
    const char *name = stray_name(bytes, n);

    if (name == NULL)
        return false;
    session->proxy->counters.strays++;
    snprintf(session->end_detail, sizeof(session->end_detail), "%s", name);
    session->end = SESSION_END_STRAY;
    enter(session, SESSION_CLOSED);
    return true;
}

static void
on_bad_length(struct session *session, const struct pdu *pdu)
{
    session->proxy->counters.bad_lengths++;
    snprintf(session->end_detail, sizeof(session->end_detail), "command_length=%u", pdu->length);
    session_answer(session, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, pdu->number);
    leave_broken(session, SESSION_END_BAD_LENGTH);
}

static uint32_t
max_pdu(const struct session *session)
{
    bool bound = session->state != SESSION_OPEN && session->state != SESSION_BINDING;

    return bound ? session->listener->max_pdu : PDU_MAX_OPEN;
}

static size_t
on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct session *session = conn->owner;
    struct pdu pdu;
    size_t used = 0;

    if (session->state == SESSION_OPEN && is_stray(session, bytes, n))
        return n;
    while (conn->state == CONN_OPEN) {
        switch (pdu_frame(bytes + used, n - used, max_pdu(session), &pdu)) {
        case FRAME_PARTIAL:
            goto done;
        case FRAME_BAD_LENGTH:
            on_bad_length(session, &pdu);
            return n;
        case FRAME_WHOLE:
            used += pdu.length;
            session->bytes_in += pdu.length;
            if (pdu_is_response(&pdu))
                on_response(session, &pdu);
            else
                on_request(session, &pdu);
            break;
        }
    }
done:
    session_update_reading(session);
    return used;
}

static void
on_conn_room(struct conn *conn)
{
    session_update_reading(conn->owner);
}

static void
on_conn_end(struct conn *conn, enum conn_end end, int error)
{
    struct session *session = conn->owner;

    if (session->end == SESSION_END_NONE) {
        session->end = SESSION_END_CONN;
        snprintf(session->end_detail, sizeof(session->end_detail), "%s%s%s", conn_end_words(end),
                 error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    }
    enter(session, SESSION_CLOSED);
}

void
session_accept(struct proxy *proxy, const struct conf_listener *listener, int fd,
               const struct addr *peer)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session != NULL)
        session->handle = handle_new(&proxy->session_table, session);
    if (session == NULL || session->handle.generation == 0) {
        log_limited(LOG_LEVEL_ERROR, listener->name, "out of memory, connection refused");
        free(session);
        close(fd);
        return;
    }
    session->proxy = proxy;
    session->listener = listener;
    session->id = ++proxy->session_ids;
    session->peer = *peer;
    session->accepted_at_ms = session->active_at_ms = loop_now_ms(proxy->loop);
    conn_init(&session->conn, proxy->loop, &conn_ops, session);
    window_init(&session->window, listener->window, arc4random());
    ev_init(&session->timer, on_timer);
    session->timer.data = session;
    DL_APPEND(proxy->sessions, session);
    proxy->session_count++;
    proxy->counters.sessions_accepted++;
    log_debug(session_label(session), "accepted listener=%s", listener->name);
    conn_accept(&session->conn, fd);
    loop_timer_start(proxy->loop, &session->timer, listener->bind_timeout_ms);
}

void
session_abort(struct session *session)
{
    struct linkset *linkset = session->linkset;

    session->end = SESSION_END_DRAIN;
    if (linkset != NULL) {
        request_list_clear(&session->held, &session->proxy->loop->slab);
        downward_turn_back(session);
        session->linkset = NULL;
        linkset_abort(linkset);
    }
    enter(session, SESSION_CLOSED);
}
