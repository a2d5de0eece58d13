/* SPDX-License-Identifier: ISC */
/*
 * A connection's states, what is read of it, and its answers, in pieces that fit the
 * conn. A timer bounds each state; what it means is decided in client_enter.
 */
#include "admin/client_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "base/escape.h"
#include "base/log.h"
#include "http/reply.h"
#include "net/tls.h"

#define IDLE_MS 60000           /* between requests */
#define LINGER_MS 1000
#define PIECE ((size_t)64 << 10)
#define HANDSHAKE_RECORD 0x16   /* the first octet of TLS; no request begins so */

static void on_open(struct conn *conn);
static size_t on_bytes(struct conn *conn, const uint8_t *bytes, size_t n);
static void on_room(struct conn *conn);
static void on_end(struct conn *conn, enum conn_end end, int error);

static const struct conn_ops conn_ops = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_room = on_room,
    .on_end = on_end,
};

#define TO(symbol) (1U << CLIENT_##symbol)
static const unsigned permitted[] = {
#define CLIENT_STATE(symbol, name, next) [CLIENT_##symbol] = (next),
#include "admin/client_state.def"
#undef CLIENT_STATE
};

static void
bury(struct grave *grave)
{
    struct client *client = container_of(grave, struct client, grave);

    http_request_fini(&client->request);
    free(client);
}

static uint32_t
timeout_ms(const struct client *client)
{
    return client->server->conf->admin->timeout_ms;
}

/* The one place where the state changes. */
void
client_enter(struct client *client, enum client_state state)
{
    struct loop *loop = client->server->loop;

    ensure((permitted[client->state] & 1U << state) != 0);
    client->state = state;
    loop_timer_stop(loop, &client->timer);
    switch (state) {
    case CLIENT_READING:
        http_request_reset(&client->request);
        loop_timer_start(loop, &client->timer, client->served ? IDLE_MS : timeout_ms(client));
        break;
    case CLIENT_ASKING:
    case CLIENT_ACTING:
    case CLIENT_WRITING:
        loop_timer_start(loop, &client->timer, timeout_ms(client));
        break;
    case CLIENT_TRACING:
        conn_resume(&client->conn);     /* only its end is still of interest */
        loop_timer_start(loop, &client->timer, CLIENT_QUIET_MS);
        break;
    case CLIENT_ENDING:
        conn_finish(&client->conn, LINGER_MS);
        break;
    case CLIENT_CLOSED:
        conn_close(&client->conn);
        buf_clear(&client->backlog, &loop->slab);
        blob_unref(client->answer.body);
        server_forget(client->server, client);
        DL_DELETE(client->door->clients, client);
        client->door->count--;
        loop_bury(loop, &client->grave, bury);
        break;
    }
}

void
client_close(struct client *client)
{
    if (client->state != CLIENT_CLOSED)
        client_enter(client, CLIENT_CLOSED);
}

/* The whole answer is in the out buffer. */
static void
answered(struct client *client)
{
    blob_unref(client->answer.body);
    client->answer.body = NULL;
    client->served = true;
    /* whoever has been quiet for longest stands first */
    DL_DELETE(client->door->clients, client);
    DL_APPEND(client->door->clients, client);
    if (!client->request.keep_alive || client->server->info->draining)
        client_enter(client, CLIENT_ENDING);
    else if (!conn_is_full(&client->conn))
        client_enter(client, CLIENT_READING);
}

/* Puts as much of the body into the out buffer as there is room for. */
static void
feed(struct client *client)
{
    struct blob *body = client->answer.body;
    uint8_t *room;
    size_t n;

    while (body != NULL && client->sent < body->len) {
        if (conn_is_full(&client->conn))
            return;     /* on_room goes on */
        n = body->len - client->sent < PIECE ? body->len - client->sent : PIECE;
        room = conn_put(&client->conn, n);
        if (room == NULL) {
            client_close(client);
            return;
        }
        memcpy(room, body->bytes + client->sent, n);
        client->sent += n;
    }
    answered(client);
}

/* Takes the answer's reference. */
void
client_respond(struct client *client, struct answer answer)
{
    struct http_reply reply = {.status = answer.status, .type = answer.type,
                               .length = answer.body != NULL ? answer.body->len : 0,
                               .more = answer.more, .keep_alive = client->request.keep_alive};
    char head[HTTP_HEAD_SIZE];
    uint8_t *room;
    size_t n;

    if (client->server->info->draining)
        reply.keep_alive = false;
    n = http_reply_head(&reply, head);
    client_enter(client, CLIENT_WRITING);
    client->answer = answer;
    client->sent = 0;
    room = answer.body != NULL ? conn_put(&client->conn, n) : NULL;
    if (room == NULL) {
        client_close(client);
        return;
    }
    memcpy(room, head, n);
    if (client->request.verb == HTTP_VERB_HEAD)
        client->sent = answer.body->len;
    feed(client);
}

struct answer
client_error(const struct client *client, unsigned status, const char *text)
{
    char line[1200];

    if (strncmp(client->request.path, "/api/", 5) == 0)
        return answer_error(status, text);
    snprintf(line, sizeof(line), "%u %s: %s\n", status, http_status_words(status), text);
    return answer_text(status, line);
}

/* Whoever asks for what he may not is told apart from the noise of bad requests, which
 * must not be able to hide him. */
static void
log_refusal(const struct client *client, unsigned status, const char *text)
{
    const char *path = client->request.path;
    char shown[128];

    escape(shown, sizeof(shown), path, strlen(path));
    if (status == 401 || status == 403)
        log_limited(LOG_LEVEL_NOTICE, client->label,
                    "not allowed status=%u path=\"%s\" reason=\"%s\"", status, shown, text);
    else
        log_limited(LOG_LEVEL_INFO, client->label, "refused status=%u path=\"%s\" reason=\"%s\"",
                    status, shown, text);
}

/* Answers that it may or can not be done, and says so in the log. */
void
client_refuse(struct client *client, unsigned status, const char *text, const char *more)
{
    struct answer answer = client_error(client, status, text);

    client->server->refused++;
    log_refusal(client, status, text);
    answer.more = more;
    client_respond(client, answer);
}

/* What can't be read: nothing that comes behind it can be, either. */
static void
refuse_broken(struct client *client, unsigned status, const char *why)
{
    client->request.keep_alive = false;
    client->request.path[0] = '\0';     /* it may be half there */
    client_refuse(client, status, why, NULL);
}

/* Reads requests as far as it has answered those before; returns the octets used. */
static size_t
consume(struct client *client, const uint8_t *bytes, size_t n)
{
    struct http_request *request = &client->request;
    const char *why = "the request cannot be read";
    size_t used = 0;

    while (used < n && client->state == CLIENT_READING) {
        if (!request->begun)
            loop_timer_start(client->server->loop, &client->timer, timeout_ms(client));
        if (!request->begun && !client->served && bytes[used] == HANDSHAKE_RECORD)
            why = "TLS came, and HTTP is spoken here without";
        used += http_request_feed(request, bytes + used, n - used);
        if (request->progress == HTTP_WHOLE)
            client_handle(client);
        else if (request->progress == HTTP_BROKEN)
            refuse_broken(client, request->status, why);
    }
    return used;
}

/* A request is answered: on with what came behind it. */
void
client_go_on(struct client *client)
{
    size_t used;

    while (client->state == CLIENT_READING && client->backlog.len > 0) {
        used = consume(client, buf_bytes(&client->backlog), client->backlog.len);
        if (client->state != CLIENT_CLOSED)
            buf_consume(&client->backlog, &client->server->loop->slab, used);
    }
    if (client->state == CLIENT_READING)
        conn_resume(&client->conn);
}

/* Keeps what can't be read now; there is no more of it than one read brings. */
static void
put_off(struct client *client, const uint8_t *bytes, size_t n)
{
    uint8_t *room = buf_extend(&client->backlog, &client->server->loop->slab, n);

    if (room == NULL) {
        client_close(client);
        return;
    }
    memcpy(room, bytes, n);
    conn_pause(&client->conn);
}

void
client_give(struct client *client, const struct reading *reading)
{
    if (reading == NULL)
        client_refuse(client, 503, "this cannot be told now", NULL);
    else
        client_respond(client, server_render(client->server, client, reading));
}

/* The conn's. */

static void
on_open(struct conn *conn)
{
    (void)conn;     /* a transport with a handshake; all begins with octets */
}

static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct client *client = conn->owner;
    size_t used = 0;

    if (client->state == CLIENT_TRACING)
        return n;
    if (client->backlog.len == 0)
        used = consume(client, bytes, n);
    if (used < n && client->state != CLIENT_TRACING && client->state != CLIENT_CLOSED &&
        client->state != CLIENT_ENDING)
        put_off(client, bytes + used, n - used);
    return n;
}

static void
on_room(struct conn *conn)
{
    struct client *client = conn->owner;

    if (client->state == CLIENT_TRACING && client->trace != 0) {
        client->server->ops->trace_room(client->server->owner, client->trace);
    } else if (client->state == CLIENT_WRITING) {
        feed(client);
        client_go_on(client);
    }
}

/* No request will come of it. */
static void
fail_handshake(struct client *client, const char *why)
{
    client->server->tls_failed++;
    log_limited(LOG_LEVEL_INFO, client->label, "no TLS reason=\"%s\"", why);
}

static void
on_end(struct conn *conn, enum conn_end end, int error)
{
    struct client *client = conn->owner;

    if (end == CONN_END_PROTOCOL || end == CONN_END_HANDSHAKE_CLOSED)
        fail_handshake(client, conn_end_words(end, error));
    client_close(client);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct client *client = timer->data;
    uint64_t stalled = loop_now_ms(client->server->loop) - client->conn.wrote_at_ms;

    (void)ev;
    (void)revents;
    switch (client->state) {
    case CLIENT_READING:
        if (client->request.begun) {
            refuse_broken(client, 408, "the request did not come in time");
            break;
        }
        if (client->conn.state == CONN_HANDSHAKE)
            fail_handshake(client, "the handshake did not end in time");
        client_close(client);
        break;
    case CLIENT_ASKING:
    case CLIENT_ACTING:
        client->request.keep_alive = false;
        client_refuse(client, 503, "no answer in time", NULL);
        break;
    case CLIENT_WRITING:
        if (stalled >= timeout_ms(client))
            client_close(client);
        else
            loop_timer_start(client->server->loop, timer, timeout_ms(client) - stalled + 1);
        break;
    case CLIENT_TRACING:
        client_watch_trace(client);
        break;
    case CLIENT_ENDING:
    case CLIENT_CLOSED:
        break;
    }
}

struct client *
client_open(struct door *door, int fd, const struct addr *peer)
{
    struct tls_server *tls = door->is_unix ? NULL : door->server->conf->admin->tls_server;
    struct client *client = calloc(1, sizeof(*client));
    char spare[ADDR_TEXT_SIZE];

    if (client == NULL || !http_request_init(&client->request)) {
        free(client);
        close(fd);
        return NULL;
    }
    client->server = door->server;
    client->door = door;
    snprintf(client->label, sizeof(client->label), "status %s",
             door->is_unix ? "socket" : addr_format(peer, spare));
    conn_init(&client->conn, door->server->loop, &conn_ops, client);
    ev_init(&client->timer, on_timer);
    client->timer.data = client;
    if (tls != NULL)
        tls_accept(&client->conn, tls);
    conn_accept(&client->conn, fd);
    DL_APPEND(door->clients, client);
    door->count++;
    /* for a handshake and the first octet of a request */
    loop_timer_start(door->server->loop, &client->timer, timeout_ms(client));
    return client;
}
