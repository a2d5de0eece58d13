/* SPDX-License-Identifier: ISC */
#include "admin/action.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_MAX 256

static const struct {
    const char *name;
    bool needs_weight;
} deeds[] = {
#define ACTION(symbol, name, needs_weight, help) {name, needs_weight},
#include "admin/action.def"
#undef ACTION
};

#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

const char *
action_deed_name(enum admin_deed deed)
{
    return deeds[deed].name;
}

/* "/api/v1/nodes/FARM/NODE/DEED" */
static bool
read_node_path(const char *path, struct action *action)
{
    char name[16], end;
    size_t i;

    if (sscanf(path, "/api/v1/nodes/%63[^/]/%63[^/]/%15[a-z]%c", action->farm, action->node, name,
               &end) != 3)
        return false;
    for (i = 0; i < DEEDS; i++)
        if (strcmp(name, deeds[i].name) == 0) {
            action->kind = ACTION_NODE;
            action->deed = (enum admin_deed)i;
            return true;
        }
    return false;
}

/* "/api/v1/sessions/ID/kick" */
static bool
read_session_path(const char *path, struct action *action)
{
    static const char front[] = "/api/v1/sessions/";
    char *end;

    if (strncmp(path, front, strlen(front)) != 0)
        return false;
    path += strlen(front);
    if (*path < '0' || *path > '9')
        return false;
    errno = 0;
    action->session = strtoull(path, &end, 10);
    if (errno != 0 || strcmp(end, "/kick") != 0)
        return false;
    action->kind = ACTION_KICK;
    return true;
}

static bool
fail(struct action *action, const char *why)
{
    action->kind = ACTION_BAD;
    action->why = why;
    return false;
}

/* "/api/v1/bans/ADDRESS/lift", or "all" in place of an address */
static bool
read_ban_path(const char *path, struct action *action)
{
    static const char front[] = "/api/v1/bans/", tail[] = "/lift";
    char text[64];
    size_t len;

    if (strncmp(path, front, strlen(front)) != 0)
        return false;
    path += strlen(front);
    len = strlen(path);
    if (path[0] == '/' || len <= strlen(tail) || strcmp(path + len - strlen(tail), tail) != 0)
        return false;
    len -= strlen(tail);
    action->kind = ACTION_LIFT;
    snprintf(text, sizeof(text), "%.*s", (int)len, path);
    if (strcmp(text, "all") != 0 && (len >= sizeof(text) || !addr_read_ip(text, &action->addr)))
        (void)fail(action, "a ban is named by an IP address in it, or all of them by all");
    return true;
}

static bool
read_path(const char *path, struct action *action)
{
    memset(action, 0, sizeof(*action));
    if (strcmp(path, "/api/v1/reload") == 0) {
        action->kind = ACTION_RELOAD;
        return true;
    }
    return read_node_path(path, action) || read_session_path(path, action) ||
           read_ban_path(path, action);
}

bool
action_is_path(const char *path)
{
    struct action spare;

    return read_path(path, &spare);
}

/* The body is empty or an object; {"weight": 3}. */
static bool
read_body(const struct http_request *request, struct action *action)
{
    bool needs_weight = action->kind == ACTION_NODE && deeds[action->deed].needs_weight;
    json_t *body = NULL, *weight;
    json_int_t value;

    if (request->body_len > 0) {
        body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(body)) {
            json_decref(body);
            return fail(action, "the body must be a JSON object, or empty");
        }
    }
    weight = json_object_get(body, "weight");
    value = json_is_integer(weight) ? json_integer_value(weight) : -1;
    json_decref(body);
    if (!needs_weight)
        return true;
    if (value < 0 || value > WEIGHT_MAX)
        return fail(action, "the body must be {\"weight\": N}, N from 0 to 256");
    action->weight = (uint32_t)value;
    return true;
}

void
action_read(const struct http_request *request, struct action *action)
{
    if (read_path(request->path, action) && action->kind != ACTION_BAD)
        (void)read_body(request, action);
}
