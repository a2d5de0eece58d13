/* SPDX-License-Identifier: ISC */
/*
 * The link's states, its timer and the PDUs that are its own affair: bind,
 * enquire_link, unbind. One timer serves it: what it means depends on the state
 * (enter), and while the link is bound it is not touched per message but
 * finds out when it fires what is due next (watch).
 */
#include "proxy/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/proxied.h"
#include "net/tls.h"

#define UNBIND_TIMEOUT_MS 2000
#define LINGER_MS 1000
#define WAKE_MS 100
#define WAKES_PER_MS 4              /* links that bind anew when their node comes up */
#define PAUSED_MS 1000              /* a link that isn't read is looked at again */

static void on_conn_open(struct conn *conn);
static size_t on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n);
static void on_conn_room(struct conn *conn);
static void on_conn_end(struct conn *conn, enum conn_end end, int error);

static const struct conn_ops conn_ops = {
    .on_open = on_conn_open,
    .on_bytes = on_conn_bytes,
    .on_room = on_conn_room,
    .on_end = on_conn_end,
};

#define TO(symbol) (1U << LINK_##symbol)
static const unsigned permitted[] = {
#define LINK_STATE(symbol, name, next) [LINK_##symbol] = (next),
#include "proxy/link_state.def"
#undef LINK_STATE
};

static const char *const state_names[] = {
#define LINK_STATE(symbol, name, next) name,
#include "proxy/link_state.def"
#undef LINK_STATE
};

static const struct {
    const char *words;
    bool fault;
} losses[] = {
#define LINK_LOSS(symbol, words, fault) {words, fault},
#include "proxy/link_loss.def"
#undef LINK_LOSS
};

static uint64_t
now_ms(const struct link *link)
{
    return loop_now_ms(link->proxy->loop);
}

static void
bury(struct grave *grave)
{
    struct link *link = container_of(grave, struct link, grave);

    window_fini(&link->window);
    free(link);
}

/* "c12/emg2"; valid until the thread asks for the next. */
static const char *
label(const struct link *link)
{
    static _Thread_local char text[96];

    snprintf(text, sizeof(text), "%s/%s", link->label, link_node_name(link));
    return text;
}

static uint64_t
next_pause(struct link *link)
{
    uint64_t pause = loop_jitter(link->backoff_ms);

    link->backoff_ms *= 2;
    if (link->backoff_ms > link->farm->reconnect_max_ms)
        link->backoff_ms = link->farm->reconnect_max_ms;
    return pause;
}

/* What is left of connect-timeout, which bind shares with connect. */
static uint64_t
time_left(const struct link *link)
{
    uint64_t gone = now_ms(link) - link->opened_at_ms;

    return gone < link->farm->connect_timeout_ms ? link->farm->connect_timeout_ms - gone : 0;
}

static void
begin_with_header(struct link *link)
{
    struct addr source = {0}, dest = {0};

    link->ops->tell_client(link, &source, &dest);
    proxied_connect(&link->conn, &source, &dest);
}

/* To where the node is now. */
static void
open_conn(struct link *link)
{
    struct tls_client *tls = link->farm->nodes[link->node].tls_client;

    link->moves = link->at->moves;
    if (tls != NULL)
        tls_connect(&link->conn, tls);
    else
        tls_without(&link->conn);
    if (link->farm->nodes[link->node].send_proxy)
        begin_with_header(link);
    conn_connect(&link->conn, &link->at->status.addr, link->farm->connect_timeout_ms);
}

/* The one place where the state changes. */
static void
enter(struct link *link, enum link_state state)
{
    struct loop *loop = link->proxy->loop;

    ensure((permitted[link->state] & 1U << state) != 0);
    log_debug(label(link), "%s -> %s", state_names[link->state], state_names[state]);
    if (link->state == LINK_BOUND)
        farm_link_unbound(link->at);
    link->state = state;
    loop_timer_stop(loop, &link->timer);
    switch (state) {
    case LINK_RESTING:
        if (link->at->status.connects)
            loop_timer_start(loop, &link->timer, next_pause(link));
        break;
    case LINK_CONNECTING:
        link->opened_at_ms = now_ms(link);
        link->bind_number = link->enquire_number = link->unbind_number = 0;
        open_conn(link);
        break;
    case LINK_BINDING:
        loop_timer_start(loop, &link->timer, time_left(link));
        break;
    case LINK_BOUND:
        link->bound_at_ms = now_ms(link);
        farm_link_bound(link->at);
        loop_timer_start(loop, &link->timer, 0);
        break;
    case LINK_ENDING:
        conn_finish(&link->conn, LINGER_MS);
        break;
    case LINK_UNBINDING:
        loop_timer_start(loop, &link->timer, UNBIND_TIMEOUT_MS);
        break;
    case LINK_CLOSED:
        conn_close(&link->conn);
        handle_free(&link->proxy->link_table, link->handle);
        loop_bury(loop, &link->grave, bury);
        link->ops->on_closed(link);
        break;
    }
}

static void
forget_all(struct link *link)
{
    struct window *window = &link->window;
    uint32_t n = window_line_up(window), i;

    link->at->counts.forgotten += n;
    for (i = 0; i < n; i++) {
        request_free(&link->proxy->loop->slab, window->places[i].request);
        window_take(window, &window->places[i], WINDOW_FORGOTTEN);
    }
    request_list_clear(&link->waiting, &link->proxy->loop->slab);
}

/* Whatever names the link by its old handle means the connection that is gone. */
static void
renew_handle(struct link *link)
{
    handle_free(&link->proxy->link_table, link->handle);
    link->handle = handle_new(&link->proxy->link_table, link);
    ensure(link->handle.generation != 0);
}

/* Every loss, and the first of the failures to bind that follow for one reason. */
static void
log_loss(struct link *link, enum link_loss loss, const char *detail)
{
    bool is_news = link->state == LINK_BOUND || !link->has_told || link->told != loss;

    link->told = loss;
    link->has_told = link->state != LINK_BOUND;
    if (link->state == LINK_BOUND)
        log_limited(LOG_LEVEL_WARNING, label(link),
                    "lost reason=\"%s\" detail=\"%s\" bound_ms=%llu open=%u", losses[loss].words,
                    detail, (unsigned long long)(now_ms(link) - link->bound_at_ms),
                    link->window.open);
    else
        log_limited(is_news ? LOG_LEVEL_NOTICE : LOG_LEVEL_DEBUG, label(link),
                    "not bound reason=\"%s\" detail=\"%s\"", losses[loss].words, detail);
}

/* Does it speak against the node? One that ends the connection instead of answering a bind
 * may mean this account alone. */
static bool
is_fault(enum link_state was, enum link_loss loss)
{
    return losses[loss].fault && !(was == LINK_BINDING && loss == LINK_LOSS_CONN);
}

/* The connection is of no use any more. `status` is the node's verdict, if any. */
static void
lose(struct link *link, enum link_loss loss, uint32_t status, const char *detail)
{
    enum link_state was = link->state;

    if (was == LINK_UNBINDING || was == LINK_ENDING) {
        conn_close(&link->conn);
        enter(link, was == LINK_UNBINDING ? LINK_CLOSED : LINK_RESTING);
        return;
    }
    log_loss(link, loss, detail);
    if (is_fault(was, loss))
        farm_link_failed(link->at, was == LINK_BOUND);
    if (was == LINK_BOUND && now_ms(link) - link->bound_at_ms >= link->farm->reconnect_max_ms)
        link->backoff_ms = link->farm->reconnect_ms;
    renew_handle(link);
    if (was == LINK_BOUND && (loss == LINK_LOSS_UNBOUND || loss == LINK_LOSS_BAD_LENGTH)) {
        enter(link, LINK_ENDING);
    } else {
        conn_close(&link->conn);
        enter(link, LINK_RESTING);
    }
    if (was == LINK_BOUND) {
        link->lost_at_ms = now_ms(link);
        link->proxy->counters.links_lost++;
        link->at->counts.links_lost++;
        link->ops->on_lost(link);
        ensure(link->window.open == 0);
    } else if (loss == LINK_LOSS_REFUSED) {
        link->proxy->counters.links_refused++;
        link->at->counts.links_refused++;
        link->ops->on_failed(link, status);
    } else {
        link->proxy->counters.links_failed++;
        link->at->counts.links_failed++;
        link->ops->on_failed(link, SMPP_ROK);
    }
}

/* Sends n octets as they are but for the sequence_number. False: it can't. */
static bool
send_bytes(struct link *link, const uint8_t *bytes, size_t n, uint32_t number)
{
    uint8_t *room = conn_put(&link->conn, n);

    if (room == NULL)
        return false;
    memcpy(room, bytes, n);
    pdu_put_number(room, number);
    return true;
}

bool
link_send(struct link *link, struct request *request)
{
    struct pending *pending = window_add(&link->window);

    if (pending == NULL)
        return false;
    pending->command = request_command(request);
    pending->their_number = request_number(request);
    pending->from = request->from;
    pending->sent_us = link->proxy->loop->now_us;
    pending->queued = link->conn.queued;
    pending->request = request;
    if (!send_bytes(link, request->bytes, request->length, pending->number)) {
        window_take(&link->window, pending, WINDOW_FORGOTTEN);
        return false;
    }
    link->at->counts.requests++;
    return true;
}

bool
link_pass(struct link *link, const uint8_t *bytes, size_t n, uint32_t number)
{
    if (send_bytes(link, bytes, n, number))
        return true;
    if (link->state == LINK_BOUND)
        lose(link, LINK_LOSS_NO_MEMORY, SMPP_ROK, "");
    return false;
}

static void
send_header(struct link *link, uint32_t command, uint32_t status, uint32_t number)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, PDU_HEADER, command, status, number);
    link_pass(link, header, PDU_HEADER, number);
}

void
link_answer(struct link *link, uint32_t command, uint32_t status, uint32_t number)
{
    send_header(link, command | SMPP_RESPONSE, status, number);
}

/* Takes those whose time is over; returns when the next one's is, at the latest
 * a whole response-timeout from now. While the link isn't read, for its client
 * isn't reading, their answers may be there already. */
static uint64_t
expire(struct link *link)
{
    uint64_t timeout = link->farm->response_timeout_ms, due = now_ms(link) + timeout;
    struct pending *pending;

    if (link->conn.paused)
        return now_ms(link) + PAUSED_MS;
    while ((pending = window_oldest(&link->window)) != NULL) {
        due = pending->sent_us / 1000 + timeout;
        if (due > now_ms(link))
            break;
        link->proxy->counters.expired_up++;
        link->ops->on_expired(link, pending);
        due = now_ms(link) + timeout;
    }
    return due;
}

/* Asks a node that was silent for too long. Returns when to look again; 0: the
 * link is lost. */
static uint64_t
enquire(struct link *link)
{
    uint64_t now = now_ms(link), heard = link->conn.read_at_ms, due;

    if (link->farm->enquire_link_ms == 0 || link->conn.paused)
        return UINT64_MAX;
    if (link->enquire_number != 0 && heard <= link->enquire_sent_ms) {
        due = link->enquire_sent_ms + link->farm->enquire_timeout_ms;
        if (due > now)
            return due;
        lose(link, LINK_LOSS_ENQUIRE_TIMEOUT, 0, "");
        return 0;
    }
    due = heard + link->farm->enquire_link_ms;
    if (due > now)
        return due;
    link->enquire_number = window_number(&link->window);
    link->enquire_sent_ms = now;
    send_header(link, SMPP_ENQUIRE_LINK, SMPP_ROK, link->enquire_number);
    if (link->state != LINK_BOUND)
        return 0;
    /* once answered, the next silence may be over before this wait is */
    due = link->farm->enquire_timeout_ms;
    return now + (due < link->farm->enquire_link_ms ? due : link->farm->enquire_link_ms);
}

static void
watch(struct link *link)
{
    uint64_t expiry = expire(link), due;

    if (link->state != LINK_BOUND)
        return;
    due = enquire(link);
    if (due == 0)
        return;
    if (expiry < due)
        due = expiry;
    window_trim(&link->window);
    loop_timer_start(link->proxy->loop, &link->timer, due - now_ms(link) + 1);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct link *link = timer->data;

    (void)ev;
    (void)revents;
    switch (link->state) {
    case LINK_RESTING:
        if (link->at->status.connects)
            enter(link, LINK_CONNECTING);
        break;
    case LINK_BINDING:
        lose(link, LINK_LOSS_BIND_TIMEOUT, SMPP_ROK, "");
        break;
    case LINK_BOUND:
        watch(link);
        break;
    case LINK_UNBINDING:
        enter(link, LINK_CLOSED);
        break;
    case LINK_CONNECTING:
    case LINK_ENDING:
    case LINK_CLOSED:
        break;
    }
}

static void
on_conn_open(struct conn *conn)
{
    struct link *link = conn->owner;
    uint32_t length = get_be32(link->bind);
    char text[TLS_TEXT_SIZE];

    if (link->farm->nodes[link->node].tls_client != NULL)
        log_debug(label(link), "TLS %s", tls_text(conn, text));
    link->bind_number = window_number(&link->window);
    enter(link, LINK_BINDING);
    if (!send_bytes(link, link->bind, length, link->bind_number))
        lose(link, LINK_LOSS_NO_MEMORY, SMPP_ROK, "");
}

static void
on_bind_resp(struct link *link, const struct pdu *pdu)
{
    char spare[STATUS_TEXT_SIZE];

    link->bind_number = 0;
    if (pdu->status != SMPP_ROK || pdu->command == SMPP_GENERIC_NACK) {
        lose(link, LINK_LOSS_REFUSED, pdu->status, status_name(pdu->status, spare));
        return;
    }
    link->at->counts.links_bound++;
    enter(link, LINK_BOUND);
    link->proxy->counters.links_bound++;
    log_debug(label(link), "bound");
    link->ops->on_bound(link, pdu);
}

static void
on_response(struct link *link, const struct pdu *pdu)
{
    struct pending *pending = window_find(&link->window, pdu->number);
    char spare[COMMAND_TEXT_SIZE];

    if (pending != NULL && pdu_answers(pdu->command, pending->command)) {
        link->ops->on_response(link, pdu, pending);
    } else if (link->enquire_number != 0 && pdu->number == link->enquire_number) {
        link->enquire_number = 0;
        link->at->enquiries++;
    } else if (link->bind_number != 0 && pdu->number == link->bind_number &&
               pdu_answers(pdu->command, get_be32(link->bind + 4))) {
        on_bind_resp(link, pdu);
    } else if (link->unbind_number != 0 && pdu->number == link->unbind_number) {
        enter(link, LINK_CLOSED);
    } else if (link->state == LINK_UNBINDING) {
        link->proxy->counters.late_responses++;
    } else {
        link->proxy->counters.unexpected_responses++;
        log_limited(LOG_LEVEL_NOTICE, label(link),
                    "response that nobody waits for command=%s number=%u",
                    command_name(pdu->command, spare), pdu->number);
    }
}

/* The requests that a node may make of a link itself. */
static void
on_request(struct link *link, const struct pdu *pdu)
{
    switch (pdu->command) {
    case SMPP_ENQUIRE_LINK:
        link_answer(link, pdu->command, SMPP_ROK, pdu->number);
        break;
    case SMPP_UNBIND:
        link_answer(link, pdu->command, SMPP_ROK, pdu->number);
        if (link->state != LINK_UNBINDING && link->conn.state == CONN_OPEN)
            lose(link, LINK_LOSS_UNBOUND, SMPP_ROK, "");
        break;
    case SMPP_OUTBIND:
        log_limited(LOG_LEVEL_NOTICE, label(link), "outbind is of no use here and ignored");
        break;
    default:
        if (link->state == LINK_BOUND)
            link->ops->on_request(link, pdu);
        else if (pdu->command != SMPP_ALERT_NOTIFICATION)
            link_answer(link, pdu->command, SMPP_RX_T_APPN, pdu->number);
    }
}

static size_t
on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct link *link = conn->owner;
    char detail[48];
    struct pdu pdu;
    size_t used = 0;

    while (conn->state == CONN_OPEN) {
        switch (pdu_frame(bytes + used, n - used, link->farm->nodes[link->node].max_pdu,
                          &pdu)) {
        case FRAME_PARTIAL:
            return used;
        case FRAME_BAD_LENGTH:
            link->proxy->counters.bad_lengths++;
            snprintf(detail, sizeof(detail), "command_length=%u", pdu.length);
            send_header(link, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, pdu.number);
            if (conn->state == CONN_OPEN)
                lose(link, LINK_LOSS_BAD_LENGTH, SMPP_ROK, detail);
            return n;
        case FRAME_WHOLE:
            used += pdu.length;
            if (n - used >= PDU_HEADER)     /* the next one's */
                window_fetch(&link->window, get_be32(bytes + used + 12));
            if (pdu_is_response(&pdu))
                on_response(link, &pdu);
            else
                on_request(link, &pdu);
            break;
        }
    }
    return used;
}

static void
on_conn_room(struct conn *conn)
{
    struct link *link = conn->owner;

    if (link->state == LINK_BOUND)
        link->ops->on_room(link);
}

static void
on_conn_end(struct conn *conn, enum conn_end end, int error)
{
    struct link *link = conn->owner;

    lose(link, conn_end_is_ours(end) ? LINK_LOSS_NOT_OURS : LINK_LOSS_CONN, SMPP_ROK,
         conn_end_words(end, error));
}

struct link *
link_open(struct proxy *proxy, struct farm_node *at, enum link_start start, const uint8_t *bind,
          const char *owner_label, const struct link_ops *ops, void *owner)
{
    const struct conf_farm *farm = at->farm->conf;
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL)
        return NULL;
    link->proxy = proxy;
    link->farm = farm;
    link->at = at;
    link->node = at->index;
    link->bind = bind;
    link->label = owner_label;
    link->ops = ops;
    link->owner = owner;
    link->backoff_ms = farm->reconnect_ms;
    link->lost_at_ms = now_ms(link);
    link->handle = handle_new(&proxy->link_table, link);
    if (link->handle.generation == 0) {
        free(link);
        return NULL;
    }
    conn_init(&link->conn, proxy->loop, &conn_ops, link);
    window_init(&link->window, farm->window, arc4random());
    ev_init(&link->timer, on_timer);
    link->timer.data = link;
    link->state = LINK_RESTING;
    if (start == LINK_TRIAL || (start == LINK_AT_ONCE && at->status.connects))
        enter(link, LINK_CONNECTING);
    else if (at->status.connects)
        link_wake(link);
    return link;
}

/* All sessions' links to a node that comes up are woken at once: the more there are, the
 * longer the time over which they bind. */
void
link_wake(struct link *link)
{
    uint64_t spread = WAKE_MS + link->at->counts.links / WAKES_PER_MS;

    if (link->state != LINK_RESTING)
        return;
    link->backoff_ms = link->farm->reconnect_ms;
    loop_timer_start(link->proxy->loop, &link->timer, arc4random_uniform((uint32_t)spread));
}

void
link_drop(struct link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
    case LINK_BINDING:
    case LINK_BOUND:
        lose(link, LINK_LOSS_NODE_DOWN, SMPP_ROK, "");
        break;
    case LINK_RESTING:
    case LINK_ENDING:
    case LINK_UNBINDING:
    case LINK_CLOSED:
        break;
    }
}

void
link_close(struct link *link)
{
    forget_all(link);
    if (link->state != LINK_BOUND) {
        enter(link, LINK_CLOSED);
        return;
    }
    conn_resume(&link->conn);
    link->unbind_number = window_number(&link->window);
    enter(link, LINK_UNBINDING);
    send_header(link, SMPP_UNBIND, SMPP_ROK, link->unbind_number);
}

void
link_retire(struct link *link)
{
    renew_handle(link);
    conn_resume(&link->conn);
    link->unbind_number = window_number(&link->window);
    enter(link, LINK_UNBINDING);
    send_header(link, SMPP_UNBIND, SMPP_ROK, link->unbind_number);
    link->ops->on_lost(link);
    ensure(link->window.open == 0);
}

void
link_follow(struct link *link, const struct conf_farm *farm)
{
    link->farm = farm;
    link->window.limit = farm->window;
}

void
link_abort(struct link *link)
{
    if (link->state == LINK_CLOSED)
        return;
    forget_all(link);
    enter(link, LINK_CLOSED);
}
