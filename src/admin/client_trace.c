/* SPDX-License-Identifier: ISC */
/*
 * A client that reads a trace: its request, and how long a reader that takes nothing is
 * waited for. Lines come through server_trace.c.
 */
#include <string.h>

#include "admin/client_inner.h"
#include "base/escape.h"
#include "base/log.h"
#include "http/reply.h"

#define PATH "/api/v1/trace"
#define TYPE_LINES "application/x-ndjson"
#define STALLED_MS 60000    /* a reader that takes nothing for so long is gone */

bool
client_is_trace(const char *path)
{
    return strcmp(path, PATH) == 0;
}

static bool
read_name(const struct http_request *request, const char *name,
          char out[static ADMIN_TRACE_NAME_SIZE])
{
    out[0] = '\0';
    return !http_request_has(request, name) ||
           (http_request_query(request, name, out, ADMIN_TRACE_NAME_SIZE) && out[0] != '\0');
}

static bool
read_flag(const struct http_request *request, const char *name, bool *value)
{
    char text[8];

    *value = false;
    if (!http_request_has(request, name))
        return true;
    if (!http_request_query(request, name, text, sizeof(text)))
        return false;
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}

/* NULL; or what would be right. */
static const char *
read_what(const struct http_request *request, struct admin_trace *what)
{
    if (!read_name(request, "account", what->account) || what->account[0] == '\0')
        return "account: a system_id is needed, up to 63 characters";
    if (!read_name(request, "farm", what->farm))
        return "farm: the name of a farm is needed";
    if (!read_name(request, "node", what->node))
        return "node: the name of a node is needed";
    if (!read_flag(request, "text", &what->text) || !read_flag(request, "enquire", &what->enquire))
        return "text and enquire are true or false";
    return NULL;
}

static void
put_head(struct client *client)
{
    const struct http_reply reply = {.status = 200, .type = TYPE_LINES, .stream = true};
    char head[HTTP_HEAD_SIZE];
    size_t n = http_reply_head(&reply, head);

    client_put_trace(client, head, n);
}

static void
begin(struct client *client, const struct admin_trace *what)
{
    char account[128], farm[128], node[128];
    struct admin_verdict verdict = {.end = ADMIN_DONE};

    client->trace = server_trace(client->server, what, &verdict);
    if (client->trace == 0) {
        client->server->refused++;
        client_answer_verdict(client, &verdict);
        return;
    }
    log_notice(client->label, "trace begins account=\"%s\" farm=\"%s\" node=\"%s\" text=%s",
               escape(account, sizeof(account), what->account, strlen(what->account)),
               escape(farm, sizeof(farm), what->farm, strlen(what->farm)),
               escape(node, sizeof(node), what->node, strlen(what->node)),
               what->text ? "yes" : "no");
    client_enter(client, CLIENT_TRACING);
    put_head(client);
}

void
client_begin_trace(struct client *client)
{
    struct admin_trace what;
    const char *why = read_what(&client->request, &what);

    if (client->request.verb != HTTP_VERB_GET)
        client_refuse(client, 405, "a trace can be asked for by GET", "Allow: GET\r\n");
    else if (why != NULL)
        client_refuse(client, 400, why, NULL);
    else if (client_is_trusted(client))
        begin(client, &what);
}

void
client_put_trace(struct client *client, const char *bytes, size_t n)
{
    uint8_t *room = conn_put(&client->conn, n);

    if (room == NULL)
        client_close(client);
    else
        memcpy(room, bytes, n);
}

void
client_watch_trace(struct client *client)
{
    uint64_t now = loop_now_ms(client->server->loop);

    if (conn_out_bytes(&client->conn) == 0) {
        loop_timer_start(client->server->loop, &client->timer, CLIENT_QUIET_MS);
        if (now - client->conn.wrote_at_ms >= CLIENT_QUIET_MS)
            client_put_trace(client, "\n", 1);
    } else if (now - client->conn.wrote_at_ms >= STALLED_MS) {
        log_notice(client->label, "the reader of a trace takes nothing any more");
        client_close(client);
    } else {
        loop_timer_start(client->server->loop, &client->timer, CLIENT_QUIET_MS);
    }
}
