/* SPDX-License-Identifier: ISC */
/*
 * When a probe begins and how it ends. Its conn is opened in one place
 * (begin), and each probe ends through one (check_done), which tells the owner.
 * The conn may live on for a moment after that, to part from the node
 * politely; the next probe ends it if it is still there.
 *
 * It knows neither what is said to a node (the kinds of probes do) nor what
 * becomes of the outcome. One thread. Between check_open and check_close it
 * takes no memory but the conn's buffers, which are the loop's.
 */
#include "check/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/probe.h"
#include "net/proxied.h"
#include "net/tls.h"

#define HURRY_MS 10         /* a hurried probe begins so soon, */
#define APART_MS 100        /* but so long after the one before */
#define GRID_US 50000       /* probes that are due together cost fewer wake-ups */
#define CONN_SLACK_MS 1000  /* ours is the timeout that counts */

static void on_conn_open(struct conn *conn);
static size_t on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n);
static void on_conn_room(struct conn *conn);
static void on_conn_end(struct conn *conn, enum conn_end how, int error);

static const struct conn_ops ops = {on_conn_open, on_conn_bytes, on_conn_room, on_conn_end};

static const struct {
    const char *name;
    enum check_verdict verdict;
    const char *words;
} outcomes[] = {
#define OUTCOME(symbol, name, verdict, words) {name, CHECK_##verdict, words},
#include "check/outcome.def"
#undef OUTCOME
};

enum check_verdict
check_verdict(enum check_outcome outcome)
{
    return outcomes[outcome].verdict;
}

const char *
check_outcome_name(enum check_outcome outcome)
{
    return outcomes[outcome].name;
}

const char *
check_outcome_words(enum check_outcome outcome)
{
    return outcomes[outcome].words;
}

/* When */

static uint64_t
interval_us(const struct check *check)
{
    switch (check->pace) {
    case CHECK_PACE_STEADY:
        return (uint64_t)check->conf->interval_ms * 1000;
    case CHECK_PACE_FAST:
        return (uint64_t)check->conf->fast_interval_ms * 1000;
    case CHECK_PACE_DOWN:
        return (uint64_t)check->conf->down_interval_ms * 1000;
    }
    return 0;
}

static void
arm(struct check *check, uint64_t due_us)
{
    uint64_t now = check->loop->now_us;

    check->due_us = due_us;
    loop_timer_start(check->loop, &check->timer, due_us > now ? (due_us - now + 999) / 1000 : 0);
}

/* An interval, give or take a sixteenth so that checks drift apart, from the
 * beginning of the last probe. */
static void
schedule(struct check *check)
{
    uint64_t interval = interval_us(check);
    uint64_t spread = arc4random_uniform((uint32_t)(interval / 8) + 1);
    uint64_t due = check->started_us + interval - interval / 16 + spread;

    if (interval >= 16 * GRID_US)
        due = (due + GRID_US - 1) / GRID_US * GRID_US;
    arm(check, due);
}

void
check_hurry(struct check *check)
{
    uint64_t due = check->loop->now_us + (uint64_t)HURRY_MS * 1000;

    if (check->probing)
        return;
    if (check->started_us != 0 && due < check->started_us + (uint64_t)APART_MS * 1000)
        due = check->started_us + (uint64_t)APART_MS * 1000;
    if (due < check->due_us)
        arm(check, due);
}

void
check_set_pace(struct check *check, enum check_pace pace)
{
    if (check->pace == pace)
        return;
    check->pace = pace;
    if (!check->probing && check->started_us != 0)
        schedule(check);
}

/* How it ends */

static void
tell(struct check *check, enum check_outcome outcome)
{
    struct check_result result = {
        .outcome = outcome,
        .detail = check->detail,
        .duration_us = check->loop->now_us - check->started_us,
    };

    check->probing = false;
    schedule(check);
    check->ops->on_result(check, &result);
}

void
check_done(struct check *check, enum check_outcome outcome, const char *format, ...)
{
    va_list args;

    if (!check->probing)
        return;
    va_start(args, format);
    vsnprintf(check->detail, sizeof(check->detail), format, args);
    va_end(args);
    tell(check, outcome);
}

static enum check_outcome
outcome_of(enum conn_end how)
{
    switch (how) {
    case CONN_END_PROTOCOL:
        return CHECK_TLS;
    case CONN_END_HANDSHAKE_TIMEOUT:
        return CHECK_ANSWER_TIMEOUT;
    case CONN_END_PEER_CLOSED:
    case CONN_END_HANDSHAKE_CLOSED:
        return CHECK_CLOSED;
    case CONN_END_RESET:
        return CHECK_RESET;
    case CONN_END_REFUSED:
        return CHECK_REFUSED;
    case CONN_END_CONNECT_TIMEOUT:
        return CHECK_CONNECT_TIMEOUT;
    case CONN_END_UNREACHABLE:
        return CHECK_UNREACHABLE;
    case CONN_END_NO_MEMORY:
        return CHECK_NO_MEMORY;
    case CONN_END_NO_DESCRIPTORS:
        return CHECK_NO_DESCRIPTORS;
    case CONN_END_NO_PORT:
        return CHECK_NO_PORT;
    case CONN_END_FAILED:
        break;
    }
    return CHECK_SYSTEM_ERROR;
}

static void
on_timeout(struct check *check)
{
    bool shakes = check->conn.state == CONN_HANDSHAKE;
    const char *awaited = shakes ? "TLS" : check->kind->awaits(check);

    if (check->conn.state == CONN_CONNECTING)
        check_done(check, CHECK_CONNECT_TIMEOUT, "ms=%u", check->conf->timeout_ms);
    else
        check_done(check, CHECK_ANSWER_TIMEOUT, "awaited=%s ms=%u", awaited,
                   check->conf->timeout_ms);
    conn_close(&check->conn);
}

/* The probe */

/* The configuration's address goes before the node's, and so does its port. */
static struct addr
target_of(const struct check *check)
{
    const struct conf_check *conf = check->conf;
    struct addr target = conf->addr.len != 0 ? conf->addr : check->addr;
    uint32_t port = conf->port != 0 ? conf->port : addr_port(&check->addr);

    if (target.sa.any.sa_family == AF_INET)
        target.sa.in4.sin_port = htons((uint16_t)port);
    else if (target.sa.any.sa_family == AF_INET6)
        target.sa.in6.sin6_port = htons((uint16_t)port);
    if (port == 0 && target.sa.any.sa_family != AF_UNIX)
        target.len = 0;
    return target;
}

static void
begin(struct check *check)
{
    conn_close(&check->conn);
    check->probing = true;
    check->started_us = check->loop->now_us;
    check->detail[0] = '\0';
    check->step = PROBE_BINDING;
    check->target = target_of(check);
    if (check->target.len == 0) {
        check_done(check, CHECK_NO_ADDRESS, "%s", "");
        return;
    }
    loop_timer_start(check->loop, &check->timer, check->conf->timeout_ms);
    if (check->tls != NULL)
        tls_connect(&check->conn, check->tls);
    else
        tls_without(&check->conn);
    if (check->send_proxy)
        proxied_connect(&check->conn, NULL, NULL);      /* our own affair */
    conn_connect(&check->conn, &check->target, check->conf->timeout_ms + CONN_SLACK_MS);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct check *check = timer->data;

    (void)ev;
    (void)revents;
    if (check->probing)
        on_timeout(check);
    else
        begin(check);
}

void
check_send(struct check *check, const void *bytes, size_t n)
{
    uint8_t *room = conn_put(&check->conn, n);

    if (room != NULL) {
        memcpy(room, bytes, n);
    } else if (check->conn.state == CONN_OPEN) {
        check_done(check, CHECK_NO_MEMORY, "%s", "");
        conn_close(&check->conn);
    }
}

static void
on_conn_open(struct conn *conn)
{
    struct check *check = conn->owner;

    check->kind->on_open(check);
}

static size_t
on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct check *check = conn->owner;

    return check->kind->on_bytes(check, bytes, n);
}

static void
on_conn_room(struct conn *conn)
{
    (void)conn;
}

static void
on_conn_end(struct conn *conn, enum conn_end how, int error)
{
    struct check *check = conn->owner;
    enum check_outcome outcome = outcome_of(how);

    if (!check->probing)
        return;
    if (outcome == CHECK_TLS)
        check_done(check, outcome, "error=\"%s\"", conn_end_words(how, error));
    else if (how == CONN_END_HANDSHAKE_CLOSED)
        check_done(check, outcome, "awaited=TLS");
    else if (outcome == CHECK_CLOSED && check->kind->on_closed != NULL)
        check->kind->on_closed(check);
    else if (outcome == CHECK_CLOSED || outcome == CHECK_RESET)
        check_done(check, outcome, "awaited=%s", check->kind->awaits(check));
    else if (error != 0 && error != ECONNREFUSED)
        check_done(check, outcome, "error=\"%s\"", strerror(error));
    else
        check_done(check, outcome, "%s", "");
}

/* Life */

static const struct probe_kind *
kind_of(enum conf_check_type type)
{
    switch (type) {
    case CONF_CHECK_TCP:
        return &probe_tcp;
    case CONF_CHECK_SMPP:
        return &probe_smpp;
    case CONF_CHECK_HTTP:
        return &probe_http;
    }
    return NULL;
}

struct check *
check_open(struct loop *loop, const struct check_options *options)
{
    struct check *check = calloc(1, sizeof(*check));
    uint64_t interval;

    if (check == NULL)
        return NULL;
    check->loop = loop;
    check->conf = options->conf;
    check->ops = options->ops;
    check->owner = options->owner;
    check->kind = kind_of(options->conf->type);
    if (options->tls != NULL)
        check->tls = tls_client_ref(options->tls);
    check->send_proxy = options->send_proxy;
    check->pace = CHECK_PACE_FAST;
    search_init(&check->expect, options->conf->expect);
    search_init(&check->refuse, options->conf->refuse);
    if (options->node != NULL)
        check->addr = *options->node;
    conn_init(&check->conn, loop, &ops, check);
    ev_init(&check->timer, on_timer);
    check->timer.data = check;
    interval = (uint64_t)options->conf->interval_ms * 1000;
    arm(check, loop->now_us +
                   (options->count > 0 ? interval * options->place / options->count : 0));
    return check;
}

static void
bury(struct grave *grave)
{
    struct check *check = container_of(grave, struct check, grave);

    tls_client_unref(check->tls);
    free(check);
}

void
check_close(struct check *check)
{
    if (check == NULL || check->closed)
        return;
    check->closed = true;
    check->probing = false;
    loop_timer_stop(check->loop, &check->timer);
    conn_close(&check->conn);
    loop_bury(check->loop, &check->grave, bury);
}

void *
check_owner(const struct check *check)
{
    return check->owner;
}

const struct conf_check *
check_conf(const struct check *check)
{
    return check->conf;
}

void
check_put_address(struct check *check, const struct addr *node)
{
    struct addr addr = {0};

    if (node != NULL)
        addr = *node;
    if (addr_equal(&addr, &check->addr))
        return;
    check->addr = addr;
    if (check->probing) {
        conn_close(&check->conn);
        check->probing = false;
        schedule(check);
    }
    check_hurry(check);
}
