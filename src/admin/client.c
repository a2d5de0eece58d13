/* SPDX-License-Identifier: ISC */
/*
 * What a request goes through: is there such a thing, may this client ask for it, what
 * does it need, and then its answer, in pieces that fit the conn. A timer bounds each
 * state; what it means is decided in `enter`.
 */
#include "admin/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "admin/guard.h"
#include "base/escape.h"
#include "base/log.h"
#include "http/reply.h"

#define IDLE_MS 60000           /* between requests */
#define LINGER_MS 1000
#define PIECE ((size_t)64 << 10)
#define LIST_DEFAULT 100

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
static void
enter(struct client *client, enum client_state state)
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
        enter(client, CLIENT_CLOSED);
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
        enter(client, CLIENT_ENDING);
    else if (!conn_is_full(&client->conn))
        enter(client, CLIENT_READING);
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
static void
respond(struct client *client, struct answer answer)
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
    enter(client, CLIENT_WRITING);
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

static struct answer
error_answer(const struct client *client, unsigned status, const char *text)
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
static void
refuse(struct client *client, unsigned status, const char *text, const char *more)
{
    struct answer answer = error_answer(client, status, text);

    client->server->refused++;
    log_refusal(client, status, text);
    answer.more = more;
    respond(client, answer);
}

/* What can't be read: nothing that comes behind it can be, either. */
static void
refuse_broken(struct client *client, unsigned status)
{
    client->request.keep_alive = false;
    client->request.path[0] = '\0';     /* it may be half there */
    refuse(client, status, "the request cannot be read", NULL);
}

/* Requests. */

/* Is it from a page of another site, or for a name that isn't ours? */
static bool
is_foreign(struct client *client)
{
    const struct http_request *request = &client->request;
    const char *host = request->fields[HTTP_FIELD_HOST];

    if (client->door->is_unix)
        return false;
    if (request->has_field[HTTP_FIELD_HOST] &&
        !guard_host(host, client->server->conf->admin->hosts)) {
        refuse(client, 403, "this Host is not ours; see hosts in smpplex.conf(5)", NULL);
        return true;
    }
    if (request->verb == HTTP_VERB_POST && request->has_field[HTTP_FIELD_ORIGIN] &&
        !guard_origin(request->fields[HTTP_FIELD_ORIGIN], host)) {
        refuse(client, 403, "this Origin is another site", NULL);
        return true;
    }
    return false;
}

/* Whoever may open the unix socket needs no token. */
static bool
is_trusted(struct client *client)
{
    const struct conf_admin *conf = client->server->conf->admin;

    if (client->door->is_unix)
        return true;
    if (conf->token == NULL)
        refuse(client, 403, "actions need a token-file in the configuration, or the unix socket",
               NULL);
    else if (!client->request.has_field[HTTP_FIELD_AUTHORIZATION])
        refuse(client, 401, "a bearer token is needed",
               "WWW-Authenticate: Bearer realm=\"smpplex\"\r\n");
    else if (!guard_token(client->request.fields[HTTP_FIELD_AUTHORIZATION], conf->token))
        refuse(client, 401, "the bearer token is wrong",
               "WWW-Authenticate: Bearer realm=\"smpplex\", error=\"invalid_token\"\r\n");
    else
        return true;
    return false;
}

static unsigned
status_of(enum admin_end end)
{
    switch (end) {
    case ADMIN_DONE:
        return 200;
    case ADMIN_UNKNOWN:
        return 404;
    case ADMIN_REFUSED:
        return 409;
    case ADMIN_MISSING:
        return 501;
    }
    return 500;
}

static void
tell(struct client *client, const struct admin_verdict *verdict)
{
    char shown[128];

    log_notice(client->label, "action path=\"%s\" done=%s text=\"%s\"",
               escape(shown, sizeof(shown), client->request.path, strlen(client->request.path)),
               verdict->end == ADMIN_DONE ? "yes" : "no", verdict->text);
    if (verdict->end == ADMIN_DONE)
        respond(client, answer_json(200, json_pack("{s:b, s:s}", "done", 1,
                                                   "text", verdict->text)));
    else
        respond(client, error_answer(client, status_of(verdict->end), verdict->text));
}

static void
act(struct client *client)
{
    struct action *action = &client->action;
    struct admin_verdict verdict = {.end = ADMIN_DONE};

    action_read(&client->request, action);
    switch (action->kind) {
    case ACTION_NONE:
        refuse(client, 405, "nothing can be done here", "Allow: GET, HEAD\r\n");
        return;
    case ACTION_BAD:
        refuse(client, 400, action->why, NULL);
        return;
    case ACTION_RELOAD:
    case ACTION_KICK:
    case ACTION_NODE:
        break;
    }
    if (!is_trusted(client))
        return;
    enter(client, CLIENT_ACTING);
    client->ticket = server_act(client->server, action, &verdict);
    if (client->ticket == 0)
        tell(client, &verdict);
}

/* A whole number in the query; what isn't there has a default. */
static bool
read_number(const struct http_request *request, const char *name, size_t max, size_t *value)
{
    char text[16], *end;

    if (strstr(request->query, name) == NULL)
        return true;
    if (!http_request_query(request, name, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
        return false;
    *value = strtoul(text, &end, 10);
    return *end == '\0' && *value <= max;
}

/* Which part of the list it wants. */
static bool
read_part(struct client *client, enum snapshot_list list)
{
    client->list = list;
    client->offset = 0;
    client->limit = LIST_DEFAULT;
    if (!http_request_query(&client->request, "system_id", client->name, sizeof(client->name)))
        client->name[0] = '\0';
    return read_number(&client->request, "offset", 1000000000, &client->offset) &&
           read_number(&client->request, "limit", SNAPSHOT_LIST_MAX, &client->limit);
}

static void
ask(struct client *client)
{
    enum snapshot_list list = SNAPSHOT_NO_LIST;

    switch (resource_needs(client->resource)) {
    case NEEDS_NOTHING:
        respond(client, resource_render(client->resource, NULL, &client->request));
        return;
    case NEEDS_NODES:
        break;
    case NEEDS_ACCOUNTS:
        list = SNAPSHOT_ACCOUNTS;
        break;
    case NEEDS_SESSIONS:
        list = SNAPSHOT_SESSIONS;
        break;
    }
    if (!read_part(client, list)) {
        refuse(client, 400, "offset and limit are whole numbers, limit at most 500", NULL);
        return;
    }
    enter(client, CLIENT_ASKING);
    server_want(client->server, client);
}

static void
handle(struct client *client)
{
    const struct http_request *request = &client->request;

    client->server->requests++;
    client->resource = resource_find(request->path);
    if (is_foreign(client))
        return;
    if (client->resource == RESOURCES && !action_is_path(request->path))
        refuse(client, 404, "there is nothing of that name", NULL);
    else if (request->verb == HTTP_VERB_POST)
        act(client);
    else if (client->resource == RESOURCES)
        refuse(client, 405, "this is done by POST", "Allow: POST\r\n");
    else if (request->verb == HTTP_VERB_OTHER)
        refuse(client, 405, "this can be asked for by GET and HEAD", "Allow: GET, HEAD\r\n");
    else
        ask(client);
}

/* Reads requests as far as it has answered those before; returns the octets used. */
static size_t
consume(struct client *client, const uint8_t *bytes, size_t n)
{
    struct http_request *request = &client->request;
    size_t used = 0;

    while (used < n && client->state == CLIENT_READING) {
        if (!request->begun)
            loop_timer_start(client->server->loop, &client->timer, timeout_ms(client));
        used += http_request_feed(request, bytes + used, n - used);
        if (request->progress == HTTP_WHOLE)
            handle(client);
        else if (request->progress == HTTP_BROKEN)
            refuse_broken(client, request->status);
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
        refuse(client, 503, "this cannot be told now", NULL);
    else
        respond(client, server_render(client->server, client, reading));
}

void
client_tell(struct client *client, const struct admin_verdict *verdict)
{
    tell(client, verdict);
    client_go_on(client);
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

    if (client->backlog.len == 0)
        used = consume(client, bytes, n);
    if (used < n && client->state != CLIENT_CLOSED && client->state != CLIENT_ENDING)
        put_off(client, bytes + used, n - used);
    return n;
}

static void
on_room(struct conn *conn)
{
    struct client *client = conn->owner;

    if (client->state == CLIENT_WRITING) {
        feed(client);
        client_go_on(client);
    }
}

static void
on_end(struct conn *conn, enum conn_end end, int error)
{
    (void)end;
    (void)error;
    client_close(conn->owner);
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
        if (client->request.begun)
            refuse_broken(client, 408);
        else
            client_close(client);
        break;
    case CLIENT_ASKING:
    case CLIENT_ACTING:
        client->request.keep_alive = false;
        refuse(client, 503, "no answer in time", NULL);
        break;
    case CLIENT_WRITING:
        if (stalled >= timeout_ms(client))
            client_close(client);
        else
            loop_timer_start(client->server->loop, timer, timeout_ms(client) - stalled + 1);
        break;
    case CLIENT_ENDING:
    case CLIENT_CLOSED:
        break;
    }
}

struct client *
client_open(struct door *door, int fd, const struct addr *peer)
{
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
    conn_accept(&client->conn, fd);
    DL_APPEND(door->clients, client);
    door->count++;
    loop_timer_start(door->server->loop, &client->timer, timeout_ms(client));
    return client;
}
