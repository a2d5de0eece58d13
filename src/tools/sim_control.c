/* SPDX-License-Identifier: ISC */
#include "tools/sim_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "net/conn.h"
#include "tools/sim_faults.h"
#include "tools/sim_stats.h"

#define LINE_SIZE 1024

struct sim_control_client {
    struct conn conn;
    struct grave grave;
    struct sim *sim;
    struct sim_control_client *prev, *next;
};

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct sim_control_client, grave));
}

static void
client_close(struct sim_control_client *client)
{
    conn_close(&client->conn);
    DL_DELETE(client->sim->control.clients, client);
    loop_bury(&client->sim->loop, &client->grave, bury);
}

/* One line: "ok" or "error", and what there is to say. */
static void
reply(struct sim_control_client *client, const char *verdict, const char *text)
{
    size_t n = strlen(verdict), m = strlen(text), total = n + (m > 0 ? 1 + m : 0) + 1;
    uint8_t *room = conn_put(&client->conn, total);

    if (room == NULL)
        return;     /* it doesn't read its answers */
    memcpy(room, verdict, n);
    if (m > 0) {
        room[n] = ' ';
        memcpy(room + n + 1, text, m);
    }
    room[total - 1] = '\n';
}

static void
show_stats(struct sim_control_client *client, const struct sim_node *node)
{
    char *json = sim_stats(client->sim, node);

    if (json != NULL)
        reply(client, "ok", json);
    else
        reply(client, "error", "out of memory");
    free(json);
}

static void
on_node_command(struct sim_control_client *client, const char *name, char *rest)
{
    struct sim_node *node = sim_node_find(client->sim, name);
    char *command = strsep(&rest, " ");
    const char *wrong;

    if (node == NULL) {
        reply(client, "error", "no such node");
    } else if (command == NULL) {
        reply(client, "error", "a line is NODE COMMAND [ARG]");
    } else if (strcmp(command, "stats") == 0) {
        show_stats(client, node);
    } else {
        wrong = sim_faults_apply(node, command, rest != NULL ? rest : strchr(command, '\0'));
        reply(client, wrong == NULL ? "ok" : "error", wrong == NULL ? "" : wrong);
    }
}

static void
on_line(struct sim_control_client *client, char *line)
{
    char *rest = line, *first;

    line[strcspn(line, "\r")] = '\0';
    if (*line == '\0')
        return;
    first = strsep(&rest, " ");
    if (rest == NULL && strcmp(first, "stats") == 0) {
        show_stats(client, NULL);
    } else if (rest == NULL && strcmp(first, "quit") == 0) {
        reply(client, "ok", "");
        loop_stop(&client->sim->loop);
    } else {
        on_node_command(client, first, rest);
    }
}

static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct sim_control_client *client = conn->owner;
    char line[LINE_SIZE];
    size_t used = 0, len;
    const uint8_t *end;

    while (conn->state == CONN_OPEN && (end = memchr(bytes + used, '\n', n - used)) != NULL) {
        len = (size_t)(end - (bytes + used));
        if (len >= sizeof(line))
            break;
        memcpy(line, bytes + used, len);
        line[len] = '\0';
        used += len + 1;
        on_line(client, line);
    }
    if (conn->state == CONN_OPEN && n - used >= sizeof(line))
        client_close(client);
    return used;
}

static void
on_nothing(struct conn *conn)
{
    (void)conn;
}

static void
on_end(struct conn *conn, enum conn_end how, int error)
{
    (void)how;
    (void)error;
    client_close(conn->owner);
}

static const struct conn_ops ops = {on_nothing, on_bytes, on_nothing, on_end};

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    struct sim *sim = listener->owner;
    struct sim_control_client *client = calloc(1, sizeof(*client));

    (void)peer;
    if (client == NULL) {
        close(fd);
        return;
    }
    client->sim = sim;
    conn_init(&client->conn, &sim->loop, &ops, client);
    DL_APPEND(sim->control.clients, client);
    conn_accept(&client->conn, fd);
}

bool
sim_control_open(struct sim_control *control, struct sim *sim, const struct addr *addr)
{
    int fd = listener_bind(addr);

    if (fd == -1)
        return false;
    *control = (struct sim_control){
        .listener = {.on_accept = on_accept, .owner = sim, .name = "control"}};
    control->addr = listener_address(fd);
    listener_open(&control->listener, &sim->loop, fd);
    return true;
}

void
sim_control_close(struct sim_control *control)
{
    if (control->listener.loop == NULL)
        return;
    listener_close(&control->listener);
    while (control->clients != NULL)
        client_close(control->clients);
}
