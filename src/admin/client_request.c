/* SPDX-License-Identifier: ISC */
/*
 * What a request goes through: is there such a thing, may this client ask for it, and
 * what does it need.
 */
#include <string.h>

#include "admin/client_inner.h"
#include "admin/guard.h"
#include "base/escape.h"
#include "base/log.h"

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
        client_refuse(client, 403, "this Host is not ours; see hosts in smpplex.conf(5)", NULL);
        return true;
    }
    if ((request->verb == HTTP_VERB_POST || client_is_trace(request->path)) &&
        request->has_field[HTTP_FIELD_ORIGIN] &&
        !guard_origin(request->fields[HTTP_FIELD_ORIGIN], host)) {
        client_refuse(client, 403, "this Origin is another site", NULL);
        return true;
    }
    return false;
}

/* Whoever may open the unix socket needs no token. */
bool
client_is_trusted(struct client *client)
{
    const struct conf_admin *conf = client->server->conf->admin;

    if (client->door->is_unix)
        return true;
    if (conf->token == NULL)
        client_refuse(client, 403, "this needs a token-file, or the unix socket that socket names",
                      NULL);
    else if (!client->request.has_field[HTTP_FIELD_AUTHORIZATION])
        client_refuse(client, 401, "a bearer token is needed",
                      "WWW-Authenticate: Bearer realm=\"smpplex\"\r\n");
    else if (!guard_token(client->request.fields[HTTP_FIELD_AUTHORIZATION], conf->token))
        client_refuse(client, 401, "the bearer token is wrong",
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

void
client_answer_verdict(struct client *client, const struct admin_verdict *verdict)
{
    if (verdict->end == ADMIN_DONE)
        client_respond(client, answer_json(200, json_pack("{s:b, s:s}", "done", 1,
                                                   "text", verdict->text)));
    else
        client_respond(client, client_error(client, status_of(verdict->end), verdict->text));
}

void
client_tell(struct client *client, const struct admin_verdict *verdict)
{
    char shown[128];

    log_notice(client->label, "action path=\"%s\" done=%s text=\"%s\"",
               escape(shown, sizeof(shown), client->request.path, strlen(client->request.path)),
               verdict->end == ADMIN_DONE ? "yes" : "no", verdict->text);
    client_answer_verdict(client, verdict);
}

static void
act(struct client *client)
{
    struct action *action = &client->action;
    struct admin_verdict verdict = {.end = ADMIN_DONE};

    action_read(&client->request, action);
    switch (action->kind) {
    case ACTION_NONE:
        client_refuse(client, 405, "nothing can be done here", "Allow: GET, HEAD\r\n");
        return;
    case ACTION_BAD:
        client_refuse(client, 400, action->why, NULL);
        return;
    case ACTION_RELOAD:
    case ACTION_KICK:
    case ACTION_NODE:
    case ACTION_LIFT:
        break;
    }
    if (!client_is_trusted(client))
        return;
    client_enter(client, CLIENT_ACTING);
    client->ticket = server_act(client->server, action, &verdict);
    if (client->ticket == 0)
        client_tell(client, &verdict);
}

/* Which part of the list it wants. NULL; or what would be right. */
static const char *
read_part(struct client *client, enum snapshot_list list)
{
    const struct http_request *request = &client->request;
    uint64_t offset = 0, limit = RESOURCE_LIST_DEFAULT;

    client->list = list;
    client->name[0] = '\0';
    if (http_request_has(request, "system_id") &&
        !http_request_query(request, "system_id", client->name, sizeof(client->name)))
        return "system_id: up to 63 characters are needed";
    if (!http_request_number(request, "offset", RESOURCE_OFFSET_MAX, &offset) ||
        !http_request_number(request, "limit", SNAPSHOT_LIST_MAX, &limit))
        return resource_bad_part;
    client->offset = (size_t)offset;
    client->limit = (size_t)limit;
    return NULL;
}

static void
ask(struct client *client)
{
    enum snapshot_list list = SNAPSHOT_NO_LIST;
    const char *why;

    switch (resource_needs(client->resource)) {
    case NEEDS_NOTHING:
        client_respond(client, resource_render(client->resource, NULL, &client->request));
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
    why = read_part(client, list);
    if (why != NULL) {
        client_refuse(client, 400, why, NULL);
        return;
    }
    client_enter(client, CLIENT_ASKING);
    server_want(client->server, client);
}

void
client_handle(struct client *client)
{
    const struct http_request *request = &client->request;

    client->server->requests++;
    client->resource = resource_find(request->path);
    if (is_foreign(client))
        return;
    if (client_is_trace(request->path))
        client_begin_trace(client);
    else if (client->resource == RESOURCES && !action_is_path(request->path))
        client_refuse(client, 404, "there is nothing of that name", NULL);
    else if (request->verb == HTTP_VERB_POST)
        act(client);
    else if (client->resource == RESOURCES)
        client_refuse(client, 405, "this is done by POST", "Allow: POST\r\n");
    else if (request->verb == HTTP_VERB_OTHER)
        client_refuse(client, 405, "this can be asked for by GET and HEAD", "Allow: GET, HEAD\r\n");
    else
        ask(client);
}
