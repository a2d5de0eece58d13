/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_CLIENT_H
#define ADMIN_CLIENT_H

#include "admin/action.h"
#include "admin/answer.h"
#include "admin/resource.h"
#include "admin/server.h"
#include "http/request.h"
#include "net/conn.h"

/*
 * One connection to the status endpoint. It has one request at a time; what comes
 * meanwhile waits, bounded, and is read no further. Whatever it does, it costs a
 * bounded amount of memory and time.
 */

enum client_state {
#define CLIENT_STATE(symbol, name, next) CLIENT_##symbol,
#include "admin/client_state.def"
#undef CLIENT_STATE
};

struct client {
    /* constant since birth */
    struct server *server;
    struct door *door;
    char label[ADDR_TEXT_SIZE + 8];
    struct client *prev;            /* utlist, in door->clients */
    struct client *next;
    /* the master's */
    enum client_state state;
    struct conn conn;
    ev_timer timer;
    struct http_request request;
    struct buf backlog;             /* came behind the request that is being answered */
    bool served;                    /* it has had an answer */
    enum resource resource;         /* what it asks for */
    enum snapshot_list list;        /* ASKING: the list that it wants, and which part */
    size_t offset;
    size_t limit;
    char name[SNAPSHOT_NAME_SIZE];
    uint64_t ticket;                /* ACTING: what the answer is known by */
    struct action action;
    struct answer answer;           /* WRITING */
    size_t sent;                    /* octets of its body */
    uint64_t trace;                 /* TRACING: what the trace is known by, until it is over */
    struct grave grave;
};

/* Takes a connection. NULL: memory is short, and fd is closed. */
struct client *
client_open(struct door *door, int fd, const struct addr *peer);

/* Ends it at once. */
void
client_close(struct client *client);

/* It is ASKING, and this is what its answer is made of; NULL: it can't be told. Once the
 * caller is not within a call of the client's, client_go_on. */
void
client_give(struct client *client, const struct reading *reading);

/* Reads on, where it may. */
void
client_go_on(struct client *client);

/* It is TRACING: some lines for it. It is closed where memory is short. */
void
client_put_trace(struct client *client, const char *bytes, size_t n);

/* It is ACTING, and this is what became of it; then as client_give. */
void
client_tell(struct client *client, const struct admin_verdict *verdict);

#endif
