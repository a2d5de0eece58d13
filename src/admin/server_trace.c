/* SPDX-License-Identifier: ISC */
/* Traces and their readers, which know each other by tickets. */
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "admin/client_inner.h"

/* NULL: all are. */
static const char *
find_missing(const struct conf *conf, const struct admin_trace *what)
{
    bool farm_is_there = what->farm[0] == '\0', node_is_there = what->node[0] == '\0';
    const struct conf_farm *farm;
    size_t i, k;

    for (i = 0; i < conf->farm_count; i++) {
        farm = &conf->farms[i];
        if (what->farm[0] != '\0' && strcmp(farm->name, what->farm) != 0)
            continue;
        farm_is_there = true;
        for (k = 0; k < farm->node_count; k++)
            node_is_there = node_is_there || strcmp(farm->nodes[k].name, what->node) == 0;
    }
    if (!farm_is_there)
        return "farm";
    return node_is_there ? NULL : "node";
}

uint64_t
server_trace(struct server *server, const struct admin_trace *what,
             struct admin_verdict *verdict)
{
    const char *missing = find_missing(server->conf, what);

    if (missing != NULL) {
        verdict->end = ADMIN_UNKNOWN;
        snprintf(verdict->text, sizeof(verdict->text), "there is no %s %s", missing,
                 missing[0] == 'f' ? what->farm : what->node);
        return 0;
    }
    if (!server->ops->trace(server->owner, what, server->ticket + 1, verdict))
        return 0;
    return ++server->ticket;
}

static uint32_t
count_at(const struct door *door)
{
    const struct client *client;
    uint32_t n = 0;

    DL_FOREACH(door->clients, client)
        n += client->trace != 0;
    return n;
}

uint32_t
server_traces(const struct server *server)
{
    return count_at(&server->unix_) + count_at(&server->tcp);
}

static struct client *
find_reader(struct server *server, uint64_t ticket)
{
    struct client *client;

    DL_FOREACH(server->unix_.clients, client)
        if (client->trace == ticket)
            return client;
    DL_FOREACH(server->tcp.clients, client)
        if (client->trace == ticket)
            return client;
    return NULL;
}

bool
server_trace_has_room(struct server *server, uint64_t ticket)
{
    const struct client *client = find_reader(server, ticket);

    return client != NULL && !conn_is_full(&client->conn);
}

void
server_trace_put(struct server *server, uint64_t ticket, const char *bytes, size_t n)
{
    struct client *client = find_reader(server, ticket);

    if (client != NULL)
        client_put_trace(client, bytes, n);
}

void
server_trace_over(struct server *server, uint64_t ticket)
{
    struct client *client = find_reader(server, ticket);

    if (client == NULL)
        return;
    client->trace = 0;
    client_enter(client, CLIENT_ENDING);
}
