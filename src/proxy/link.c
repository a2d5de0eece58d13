/* SPDX-License-Identifier: ISC */
/*
 * A link's states and what they wait for, its loss, and what is sent on it. Its timer is
 * in link_timer.c, what comes from the node in link_pdu.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/proxied.h"
#include "net/tls.h"
#include "proxy/link_inner.h"
#include "proxy/tap.h"

#define UNBIND_TIMEOUT_MS 2000
#define LINGER_MS 1000
#define WAKE_MS 100
#define WAKES_PER_MS 4              /* links that bind anew when their node comes up */

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

static void
bury(struct grave *grave)
{
    struct link *link = container_of(grave, struct link, grave);

    window_fini(&link->window);
    free(link);
}

const char *
link_label(const struct link *link)
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
    uint64_t gone = link_now_ms(link) - link->opened_at_ms;

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

void
link_enter(struct link *link, enum link_state state)
{
    struct loop *loop = link->proxy->loop;

    ensure((permitted[link->state] & 1U << state) != 0);
    log_debug(link_label(link), "%s -> %s", state_names[link->state], state_names[state]);
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
        link->opened_at_ms = link_now_ms(link);
        link->bind_number = link->enquire_number = link->unbind_number = 0;
        open_conn(link);
        break;
    case LINK_BINDING:
        loop_timer_start(loop, &link->timer, time_left(link));
        break;
    case LINK_BOUND:
        link->bound_at_ms = link_now_ms(link);
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
    link->deliveries = 0;
    link->handle = handle_new(&link->proxy->link_table, link);
    ensure(link->handle.generation != 0);
}

/* Every loss, and the first of the failures to bind that follow for one reason. */
static void
log_loss(struct link *link, enum link_loss loss, const char *detail)
{
    bool is_news = link->state == LINK_BOUND || !link->has_told || link->told != loss;

    if (tap_is_on(link->proxy))
        tap_link(link, losses[loss].words);
    link->told = loss;
    link->has_told = link->state != LINK_BOUND;
    if (link->state == LINK_BOUND)
        log_limited(LOG_LEVEL_WARNING, link_label(link),
                    "lost reason=\"%s\" detail=\"%s\" bound_ms=%llu open=%u", losses[loss].words,
                    detail, (unsigned long long)(link_now_ms(link) - link->bound_at_ms),
                    link->window.open);
    else
        log_limited(is_news ? LOG_LEVEL_NOTICE : LOG_LEVEL_DEBUG, link_label(link),
                    "not bound reason=\"%s\" detail=\"%s\"", losses[loss].words, detail);
}

/* Does it speak against the node? One that ends the connection instead of answering a bind
 * may mean this account alone. */
static bool
is_fault(enum link_state was, enum link_loss loss)
{
    return losses[loss].fault && !(was == LINK_BINDING && loss == LINK_LOSS_CONN);
}

void
link_lose(struct link *link, enum link_loss loss, uint32_t status, const char *detail)
{
    enum link_state was = link->state;

    if (was == LINK_UNBINDING || was == LINK_ENDING) {
        conn_close(&link->conn);
        link_enter(link, was == LINK_UNBINDING ? LINK_CLOSED : LINK_RESTING);
        return;
    }
    log_loss(link, loss, detail);
    if (is_fault(was, loss))
        farm_link_failed(link->at, was == LINK_BOUND);
    if (was == LINK_BOUND && link_now_ms(link) - link->bound_at_ms >= link->farm->reconnect_max_ms)
        link->backoff_ms = link->farm->reconnect_ms;
    renew_handle(link);
    if (was == LINK_BOUND && (loss == LINK_LOSS_UNBOUND || loss == LINK_LOSS_BAD_LENGTH)) {
        link_enter(link, LINK_ENDING);
    } else {
        conn_close(&link->conn);
        link_enter(link, LINK_RESTING);
    }
    if (was == LINK_BOUND) {
        link->lost_at_ms = link_now_ms(link);
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

bool
link_send_bytes(struct link *link, const uint8_t *bytes, size_t n, uint32_t number)
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
    if (tap_is_on(link->proxy))
        tap_sent(link, request, pending->number);
    if (!link_send_bytes(link, request->bytes, request->length, pending->number)) {
        window_take(&link->window, pending, WINDOW_FORGOTTEN);
        return false;
    }
    link->at->counts.requests++;
    return true;
}

bool
link_pass(struct link *link, const uint8_t *bytes, size_t n, uint32_t number)
{
    if (link_send_bytes(link, bytes, n, number))
        return true;
    if (link->state == LINK_BOUND)
        link_lose(link, LINK_LOSS_NO_MEMORY, SMPP_ROK, "");
    return false;
}

void
link_send_header(struct link *link, uint32_t command, uint32_t status, uint32_t number,
                 const char *why)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, PDU_HEADER, command, status, number);
    if (link_pass(link, header, PDU_HEADER, number) && tap_is_on(link->proxy))
        tap_to_node(link, header, number, (struct handle){0, 0}, -1, why);
}

void
link_answer(struct link *link, uint32_t command, uint32_t status, uint32_t number,
            const char *why)
{
    link_send_header(link, command | SMPP_RESPONSE, status, number, why);
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
    link->lost_at_ms = link_now_ms(link);
    link->handle = handle_new(&proxy->link_table, link);
    if (link->handle.generation == 0) {
        free(link);
        return NULL;
    }
    conn_init(&link->conn, proxy->loop, &link_conn_ops, link);
    window_init(&link->window, farm->window, arc4random());
    ev_init(&link->timer, link_on_timer);
    link->timer.data = link;
    link->state = LINK_RESTING;
    if (start == LINK_TRIAL || (start == LINK_AT_ONCE && at->status.connects))
        link_enter(link, LINK_CONNECTING);
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
        link_lose(link, LINK_LOSS_NODE_DOWN, SMPP_ROK, "");
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
        link_enter(link, LINK_CLOSED);
        return;
    }
    conn_resume(&link->conn);
    link->unbind_number = window_number(&link->window);
    link_enter(link, LINK_UNBINDING);
    link_send_header(link, SMPP_UNBIND, SMPP_ROK, link->unbind_number, NULL);
}

void
link_retire(struct link *link)
{
    renew_handle(link);
    conn_resume(&link->conn);
    link->unbind_number = window_number(&link->window);
    link_enter(link, LINK_UNBINDING);
    link_send_header(link, SMPP_UNBIND, SMPP_ROK, link->unbind_number, NULL);
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
    link_enter(link, LINK_CLOSED);
}
