/* SPDX-License-Identifier: ISC */
/*
 * One request a connection, of which the path and the authorization count;
 * the answer is made by the node's state and by its faults.
 */
#include "tools/sim_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "config.h"
#include "http/basic.h"
#include "http/reply.h"
#include "net/conn.h"
#include "tools/sim_node.h"

#define REQUEST_MAX 8192
#define BODY_SIZE 1024
#define CHUNK 7
#define LINGER_MS 2000
#define CONNECTORS 3

struct sim_http_client {
    struct conn conn;
    struct grave grave;
    struct sim_node *node;
    struct sim_http_client *prev, *next;
    bool endless;
};

static const char *const mode_names[] = {
#define SIM_HTTP_MODE(symbol, name) name,
#include "tools/sim_http_mode.def"
#undef SIM_HTTP_MODE
};

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct sim_http_client, grave));
}

static void
client_close(struct sim_http_client *client)
{
    conn_close(&client->conn);
    DL_DELETE(client->node->http.clients, client);
    loop_bury(&client->node->sim->loop, &client->grave, bury);
}

static void
put(struct sim_http_client *client, const char *bytes, size_t n)
{
    uint8_t *room = n > 0 ? conn_put(&client->conn, n) : NULL;

    if (room != NULL)
        memcpy(room, bytes, n);
}

/* Pages */

static size_t
put_info(const struct sim_node *node, char body[static BODY_SIZE])
{
    unsigned bound = node->bound[0] + node->bound[1] + node->bound[2];

    return (size_t)snprintf(body, BODY_SIZE,
                            "Server: %s\nVersion: smppsim %s\nStatus: running\n"
                            "Sessions: %u\nBound: %u\nMessages: %llu\nConnectors: %d\n",
                            node->options->name, PACKAGE_VERSION, node->session_count, bound,
                            (unsigned long long)node->counters[SIM_TAKEN], CONNECTORS);
}

static size_t
put_connectors(const struct sim_node *node, char body[static BODY_SIZE])
{
    const char *state = node->faults.http_connectors_down ? "DOWN" : "BOUND";
    size_t n = (size_t)snprintf(body, BODY_SIZE, "%-16s %-8s %-8s\n", "Connector", "Type", "State");
    int i;

    for (i = 1; i <= CONNECTORS; i++)
        n += (size_t)snprintf(body + n, BODY_SIZE - n, "smsc%-12d %-8s %-8s\n", i, "SMPP", state);
    return n;
}

static unsigned
make_page(const struct sim_node *node, const char *path, char body[static BODY_SIZE], size_t *n)
{
    if (node->faults.http_status != 0) {
        *n = (size_t)snprintf(body, BODY_SIZE, "Fault %u\n", node->faults.http_status);
        return node->faults.http_status;
    }
    if (strcmp(path, "/admin/info") == 0) {
        *n = put_info(node, body);
        return 200;
    }
    if (strcmp(path, "/admin/connectors") == 0) {
        *n = put_connectors(node, body);
        return 200;
    }
    *n = (size_t)snprintf(body, BODY_SIZE, "No such page\n");
    return 404;
}

/* Answers */

static void
put_header(struct sim_http_client *client, unsigned status, const char *framing)
{
    char header[512];
    int n = snprintf(header, sizeof(header),
                     "HTTP/1.1 %u %s\r\nServer: smppsim\r\nContent-Type: text/plain\r\n"
                     "%s%sConnection: close\r\n\r\n",
                     status, http_status_words(status),
                     status == 401 ? "WWW-Authenticate: Basic realm=\"smppsim\"\r\n" : "", framing);

    put(client, header, (size_t)n);
}

static void
put_chunks(struct sim_http_client *client, const char *body, size_t n)
{
    char size[16];
    size_t part;

    for (; n > 0; n -= part, body += part) {
        part = n < CHUNK ? n : CHUNK;
        put(client, size, (size_t)snprintf(size, sizeof(size), "%zx\r\n", part));
        put(client, body, part);
        put(client, "\r\n", 2);
    }
    put(client, "0\r\n\r\n", 5);
}

static void
put_endless(struct sim_http_client *client)
{
    static const char line[] = "and so on, and so on, and so on, and so on, and so on, and so\n";

    while (client->conn.state == CONN_OPEN && !conn_is_full(&client->conn))
        put(client, line, sizeof(line) - 1);
}

static void
answer_with(struct sim_http_client *client, enum sim_http_mode mode, unsigned status,
            const char *body, size_t n)
{
    char framing[64];

    snprintf(framing, sizeof(framing), "Content-Length: %zu\r\n", n);
    switch (mode) {
    case SIM_HTTP_PLAIN:
        put_header(client, status, framing);
        put(client, body, n);
        break;
    case SIM_HTTP_CHUNKED:
        put_header(client, status, "Transfer-Encoding: chunked\r\n");
        put_chunks(client, body, n);
        break;
    case SIM_HTTP_UNTIL_END:
        put_header(client, status, "");
        put(client, body, n);
        break;
    case SIM_HTTP_SILENT:
        return;
    case SIM_HTTP_HALF:
    case SIM_HTTP_CUT:
        put_header(client, status, framing);
        put(client, body, n / 2);
        if (mode == SIM_HTTP_HALF)
            return;
        break;
    case SIM_HTTP_ENDLESS:
        put_header(client, status, "");
        client->endless = true;
        put_endless(client);
        return;
    case SIM_HTTP_GARBAGE:
        put(client, "\x16\x03\x01garbage\n", 11);
        break;
    }
    conn_finish(&client->conn, LINGER_MS);
}

/* Requests */

static bool
is_authorized(const struct sim_node *node, const char *request)
{
    char wanted[HTTP_BASIC_SIZE + 32], value[HTTP_BASIC_SIZE];

    if (node->options->http_auth == NULL)
        return true;
    snprintf(wanted, sizeof(wanted), "\r\nAuthorization: %s\r\n",
             http_basic(node->options->http_auth, value));
    return strstr(request, wanted) != NULL;
}

static void
on_request(struct sim_http_client *client, char *request)
{
    struct sim_node *node = client->node;
    bool authorized = is_authorized(node, request);
    char body[BODY_SIZE] = "Who are you?\n", *path, *rest = request;
    size_t n = strlen(body);
    unsigned status = 401;

    sim_count(node, SIM_HTTP_REQUESTS);
    strsep(&rest, " ");
    path = rest != NULL ? strsep(&rest, " ?\r") : NULL;
    if (authorized)
        status = make_page(node, path != NULL ? path : "", body, &n);
    if (status == 401)
        sim_count(node, SIM_HTTP_UNAUTHORIZED);
    answer_with(client, node->faults.http_mode, status, body, n);
}

static size_t
on_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct sim_http_client *client = conn->owner;
    char request[REQUEST_MAX + 1];

    if (memmem(bytes, n, "\r\n\r\n", 4) == NULL) {
        if (n >= REQUEST_MAX)
            client_close(client);
        return 0;
    }
    if (n > REQUEST_MAX)
        n = REQUEST_MAX;
    memcpy(request, bytes, n);
    request[n] = '\0';
    on_request(client, request);
    return n;
}

static void
on_open(struct conn *conn)
{
    (void)conn;
}

static void
on_room(struct conn *conn)
{
    struct sim_http_client *client = conn->owner;

    if (client->endless)
        put_endless(client);
}

static void
on_end(struct conn *conn, enum conn_end how, int error)
{
    (void)how;
    (void)error;
    client_close(conn->owner);
}

static const struct conn_ops ops = {on_open, on_bytes, on_room, on_end};

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    struct sim_node *node = listener->owner;
    struct sim_http_client *client = calloc(1, sizeof(*client));

    (void)peer;
    if (client == NULL) {
        close(fd);
        return;
    }
    client->node = node;
    conn_init(&client->conn, &node->sim->loop, &ops, client);
    DL_APPEND(node->http.clients, client);
    conn_accept(&client->conn, fd);
}

bool
sim_http_open(struct sim_node *node)
{
    int fd;

    if (!node->options->has_http)
        return true;
    fd = listener_bind(&node->options->http);
    if (fd == -1)
        return false;
    node->http.listener = (struct listener){
        .on_accept = on_accept, .owner = node, .name = node->options->name};
    node->http.addr = listener_address(fd);
    listener_open(&node->http.listener, &node->sim->loop, fd);
    return true;
}

void
sim_http_close(struct sim_node *node)
{
    if (node->http.listener.loop == NULL)
        return;
    listener_close(&node->http.listener);
    while (node->http.clients != NULL)
        client_close(node->http.clients);
}

bool
sim_http_fault(struct sim_node *node, const char *word)
{
    struct sim_faults *faults = &node->faults;
    uint64_t status;
    size_t i;

    for (i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++)
        if (strcmp(word, mode_names[i]) == 0) {
            faults->http_mode = (enum sim_http_mode)i;
            return true;
        }
    if (strcmp(word, "connectors-down") == 0 || strcmp(word, "connectors-up") == 0) {
        faults->http_connectors_down = strcmp(word, "connectors-down") == 0;
        return true;
    }
    if (!sim_number_parse(word, 599, &status) || status < 100)
        return false;
    faults->http_status = status == 200 ? 0 : (unsigned)status;
    return true;
}
