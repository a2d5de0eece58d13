/* SPDX-License-Identifier: ISC */
/*
 * The protocol of one ESME connection: bind, window, what the node asks by
 * itself, enquire_link, unbind, back-off. One timer serves all its states.
 */
#include "tools/load_session.h"

#include <string.h>
#include <sys/socket.h>

#include "net/tls.h"
#include "smpp/bind.h"
#include "tools/load_clock.h"

#define CONNECT_TIMEOUT_MS 10000
#define LEAVE_MS 2000           /* for what is still answered after the node's unbind */
#define FINISH_MS 1000          /* for the node to end its side */
#define BACK_OFF_FIRST_MS 100
#define BACK_OFF_MAX_MS 5000
#define SLOW_BUFFER_MIN 4096    /* octets of receive buffer for a slow reader */
#define INTERFACE_VERSION 0x34

static void
settle(struct load_session *session)
{
    if (session->has_settled)
        return;
    session->has_settled = true;
    session->ops->on_settled(session);
}

static void
forget_open(struct load_session *session)
{
    const struct load_open *open;
    uint32_t from = 0;

    while ((open = load_window_forget(&session->window, &from)) != NULL)
        session->ops->on_unanswered(session, open);
}

/* The connection is gone, or is given up. */
static void
ended(struct load_session *session, const char *why)
{
    struct loop *loop = session->conn.loop;
    bool asked = session->state == LOAD_UNBINDING;

    conn_close(&session->conn);
    loop_timer_stop(loop, &session->timer);
    loop_timer_stop(loop, &session->slow);
    session->state = LOAD_CLOSED;
    forget_open(session);
    if (session->options->reconnect && !asked) {
        session->state = LOAD_WAITING;
        loop_timer_start(loop, &session->timer, loop_jitter(session->back_off_ms));
        session->back_off_ms *= 2;
        if (session->back_off_ms > BACK_OFF_MAX_MS)
            session->back_off_ms = BACK_OFF_MAX_MS;
    }
    session->ops->on_closed(session, asked, why);
    settle(session);
}

/* Sends a PDU that doesn't count towards the window. */
static void
send_plain(struct load_session *session, const uint8_t *bytes, size_t n)
{
    uint8_t *room = conn_put(&session->conn, n);

    if (room == NULL)
        ended(session, "out of memory");
    else
        memcpy(room, bytes, n);
}

static void
send_header(struct load_session *session, uint32_t command, uint32_t status, uint32_t number)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, sizeof(header), command, status, number);
    send_plain(session, header, sizeof(header));
}

static void
on_open(struct conn *conn)
{
    struct load_session *session = conn->owner;
    uint8_t room[PDU_MAX_OPEN];
    size_t n;

    session->state = LOAD_BINDING;
    loop_timer_start(conn->loop, &session->timer, session->options->timeout_ms);
    n = bind_write(room, sizeof(room), session->bind_command,
                   load_window_add(&session->window, session->bind_command)->number,
                   session->account->name, session->account->password, "", INTERFACE_VERSION);
    ensure(n > 0);
    send_plain(session, room, n);
}

/* With enquire_link off the timer stays still. */
static void
watch_link(struct load_session *session)
{
    uint64_t limit = session->options->enquire_link_ms, quiet;
    struct loop *loop = session->conn.loop;

    loop_timer_stop(loop, &session->timer);
    if (limit == 0)
        return;
    quiet = session->conn.paused ? 0 : loop_now_ms(loop) - session->conn.read_at_ms;
    if (quiet >= limit && session->enquiring) {
        ended(session, "enquire_link unanswered");
        return;
    }
    loop_timer_start(loop, &session->timer, quiet >= limit ? limit : limit - quiet);
    if (quiet >= limit) {
        session->enquiring = true;
        send_header(session, SMPP_ENQUIRE_LINK, SMPP_ROK,
                    load_window_add(&session->window, SMPP_ENQUIRE_LINK)->number);
    }
}

static void
on_bind_resp(struct load_session *session, uint32_t status)
{
    if (session->state != LOAD_BINDING)
        return;
    if (status != SMPP_ROK) {
        session->ops->on_refused(session, status);
        ended(session, "bind refused");
        return;
    }
    session->state = LOAD_BOUND;
    session->was_bound = true;
    session->back_off_ms = BACK_OFF_FIRST_MS;
    watch_link(session);
    settle(session);
}

static void
finish(struct load_session *session)
{
    loop_timer_stop(session->conn.loop, &session->timer);
    conn_finish(&session->conn, FINISH_MS);
}

static void
on_unbind(struct load_session *session, uint32_t number)
{
    send_header(session, SMPP_UNBIND | SMPP_RESPONSE, SMPP_ROK, number);
    if (session->conn.state != CONN_OPEN || session->state == LOAD_UNBINDING)
        return;
    session->state = LOAD_LEAVING;
    if (session->window.open == 0)
        finish(session);
    else
        loop_timer_start(session->conn.loop, &session->timer, LEAVE_MS);
}

static void
on_message(struct load_session *session, const struct pdu *pdu)
{
    uint32_t status = session->ops->on_message(session, pdu);
    uint8_t room[PDU_HEADER + 1];

    pdu_put_header(room, sizeof(room), pdu->command | SMPP_RESPONSE, status, pdu->number);
    room[PDU_HEADER] = 0;       /* an empty message_id */
    send_plain(session, room, sizeof(room));
}

static void
on_request(struct load_session *session, const struct pdu *pdu)
{
    switch (pdu->command) {
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        on_message(session, pdu);
        break;
    case SMPP_ENQUIRE_LINK:
        send_header(session, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, SMPP_ROK, pdu->number);
        break;
    case SMPP_UNBIND:
        on_unbind(session, pdu->number);
        break;
    case SMPP_ALERT_NOTIFICATION:
    case SMPP_OUTBIND:
        break;
    default:    /* ids are the peer's, not an enum of ours */
        send_header(session, SMPP_GENERIC_NACK, SMPP_RINVCMDID, pdu->number);
    }
}

static void
on_response(struct load_session *session, const struct pdu *pdu)
{
    enum load_match match;
    struct load_open *open = NULL;

    match = load_window_answer(&session->window, pdu->number, pdu->command, &open);
    if (match != LOAD_MATCH_OPEN) {
        session->ops->on_stray(session, match, pdu);
        return;
    }
    if (load_open_counts(open)) {
        session->ops->on_answer(session, open, pdu);
        if (session->state == LOAD_LEAVING && session->window.open == 0)
            finish(session);
    } else if (open->command == session->bind_command) {
        on_bind_resp(session, pdu->status);
    } else if (open->command == SMPP_UNBIND) {
        finish(session);
    }
}

/* Waits until what was read would have taken its time. */
static void
slow_down(struct load_session *session, size_t n)
{
    if (session->options->read_slow == 0 || session->conn.state != CONN_OPEN)
        return;
    conn_pause(&session->conn);
    loop_timer_start(session->conn.loop, &session->slow, n * 1000 / session->options->read_slow);
}

static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct load_session *session = conn->owner;
    enum frame frame = FRAME_PARTIAL;
    struct pdu pdu;
    size_t used = 0;

    session->now_ns = load_clock_ns();
    session->enquiring = false;
    while (used < n) {
        frame = pdu_frame(bytes + used, n - used, PDU_MAX, &pdu);
        if (frame != FRAME_WHOLE)
            break;
        used += pdu.length;
        if (pdu_is_response(&pdu))
            on_response(session, &pdu);
        else
            on_request(session, &pdu);
        if (conn->state != CONN_OPEN)
            return n;
    }
    if (frame == FRAME_BAD_LENGTH) {
        ended(session, "bad command_length");
        return n;
    }
    slow_down(session, used);
    session->ops->on_ready(session);
    return used;
}

static void
on_room(struct conn *conn)
{
    struct load_session *session = conn->owner;

    session->ops->on_ready(session);
}

static void
on_end(struct conn *conn, enum conn_end end, int error)
{
    struct load_session *session = conn->owner;

    ended(session, session->state == LOAD_LEAVING ? "unbound by the node"
                                                  : conn_end_words(end, error));
}

static const struct conn_ops conn_ops = {on_open, on_bytes, on_room, on_end};

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct load_session *session = timer->data;

    (void)ev;
    (void)revents;
    switch (session->state) {
    case LOAD_CLOSED:
    case LOAD_CONNECTING:
        break;
    case LOAD_BINDING:
        ended(session, "bind unanswered");
        break;
    case LOAD_BOUND:
        watch_link(session);
        break;
    case LOAD_LEAVING:
        finish(session);
        break;
    case LOAD_UNBINDING:
        ended(session, "unbind unanswered");
        break;
    case LOAD_WAITING:
        load_session_open(session);
        break;
    }
}

static void
on_slow(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct load_session *session = timer->data;

    (void)ev;
    (void)revents;
    conn_resume(&session->conn);
}

bool
load_session_init(struct load_session *session, struct loop *loop,
                  const struct load_options *options, const struct load_session_ops *ops,
                  void *owner)
{
    memset(session, 0, sizeof(*session));
    session->options = options;
    session->ops = ops;
    session->owner = owner;
    session->back_off_ms = BACK_OFF_FIRST_MS;
    conn_init(&session->conn, loop, &conn_ops, session);
    ev_init(&session->timer, on_timer);
    session->timer.data = session;
    ev_init(&session->slow, on_slow);
    session->slow.data = session;
    return load_window_init(&session->window, options->window);
}

void
load_session_fini(struct load_session *session)
{
    conn_close(&session->conn);
    loop_timer_stop(session->conn.loop, &session->timer);
    loop_timer_stop(session->conn.loop, &session->slow);
    load_window_fini(&session->window);
    load_queue_fini(&session->queue);
}

void
load_session_open(struct load_session *session)
{
    int buffer = (int)(session->options->read_slow < SLOW_BUFFER_MIN ? SLOW_BUFFER_MIN
                                                                   : session->options->read_slow);

    load_window_clear(&session->window, (uint32_t)session->options->sequence_start);
    session->enquiring = session->was_bound = false;
    session->state = LOAD_CONNECTING;
    if (session->target->tls != NULL)
        tls_connect(&session->conn, session->target->tls);
    conn_connect(&session->conn, &session->target->addr, CONNECT_TIMEOUT_MS);
    if (session->options->read_slow > 0 && session->conn.fd != -1)
        (void)setsockopt(session->conn.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
}

void
load_session_unbind(struct load_session *session)
{
    if (session->state == LOAD_WAITING) {
        loop_timer_stop(session->conn.loop, &session->timer);
        session->state = LOAD_CLOSED;
    } else if (session->state == LOAD_BOUND) {
        session->state = LOAD_UNBINDING;
        loop_timer_start(session->conn.loop, &session->timer, session->options->timeout_ms);
        send_header(session, SMPP_UNBIND, SMPP_ROK,
                    load_window_add(&session->window, SMPP_UNBIND)->number);
    } else if (session->state == LOAD_CONNECTING || session->state == LOAD_BINDING) {
        session->state = LOAD_UNBINDING;
        ended(session, "given up");
    }
}

void
load_session_close(struct load_session *session)
{
    if (session->state == LOAD_CLOSED)
        return;
    session->state = LOAD_UNBINDING;    /* it is our will: no new attempt */
    ended(session, "given up");
}

uint8_t *
load_session_request(struct load_session *session, uint32_t command, size_t length,
                     struct load_open **open)
{
    uint8_t *room = conn_put(&session->conn, length);

    if (room == NULL) {
        ended(session, "out of memory");
        return NULL;
    }
    *open = load_window_add(&session->window, command);
    return room;
}
