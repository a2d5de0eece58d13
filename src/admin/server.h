/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_SERVER_H
#define ADMIN_SERVER_H

#include "admin/admin.h"
#include "admin/answer.h"
#include "admin/events.h"
#include "admin/history.h"
#include "admin/reading.h"
#include "admin/resource.h"
#include "net/listener.h"

/*
 * The status endpoint, on the master's loop: its doors, and snapshots for those who ask.
 * However many ask, the workers are asked at most ten times a second for their
 * nodes, and for one list after the other.
 */

struct action;
struct client;

struct door {
    struct server *server;
    struct listener listener;
    struct client *clients;     /* list, the oldest first, by client.c */
    uint32_t count;
    bool is_unix;
};

struct server {
    /* constant since birth */
    struct loop *loop;
    const struct admin_ops *ops;
    void *owner;                /* of ops */
    struct admin_info *info;    /* the owner's */
    uint64_t opened_ms;         /* on the loop's clock */
    /* the master's */
    struct conf *conf;          /* a reference; with an `admin` */
    struct door tcp;
    struct door unix_;
    struct events events;
    struct history history;
    ev_timer tick;              /* a sample a second */
    bool sample_due;
    struct snapshot *latest;    /* without a list, or NULL */
    uint64_t latest_us;
    struct answer cache[RESOURCES];     /* of `latest`; a body of NULL: not rendered yet */
    bool asked;                 /* a snapshot without a list is on its way */
    bool list_asked;            /* one with a list is */
    struct client *listed;      /* for this one, or NULL: it is gone */
    ev_timer pace;              /* until the next list */
    uint64_t ticket;            /* the last one given */
    uint64_t requests;
    uint64_t refused;
    uint64_t tls_failed;        /* connections whose handshake came to nothing */
};

/*
 * Takes the descriptors, bound by listener_bind, -1 where there is none. `conf` has an
 * `admin`. False: memory is short.
 */
MUST_USE bool
server_init(struct server *server, struct loop *loop, struct conf *conf, int tcp, int unix_,
            const struct admin_ops *ops, void *owner, struct admin_info *info);

/* Ends all connections. */
void
server_fini(struct server *server);

/* From here on `conf` is the configuration. */
void
server_follow(struct server *server, struct conf *conf);

/* Something has changed that is to be seen at once: keeps it among the events. */
void
server_event(struct server *server, const char *kind, const char *who, const char *from,
             const char *to, const char *why);

/* What `ops->ask` was given is filled; takes it. */
void
server_take(struct server *server, struct snapshot *snapshot);

/*
 * What `ops->trace` has begun, by its ticket.
 */

/* Has its reader room for more? If not, ops->trace_room will tell of it. */
MUST_USE bool
server_trace_has_room(struct server *server, uint64_t ticket);

/* Some lines. Within the call its reader may be found to be gone. */
void
server_trace_put(struct server *server, uint64_t ticket, const char *bytes, size_t n);

/* That was all; the trace is not spoken of any more. */
void
server_trace_over(struct server *server, uint64_t ticket);

/* What `ops->kick` was asked has ended. */
void
server_answer(struct server *server, uint64_t ticket, const struct admin_verdict *verdict);

/*
 * For client.c.
 */

/* It is ASKING; client_give follows, perhaps within the call. */
void
server_want(struct server *server, struct client *client);

/* It is gone. */
void
server_forget(struct server *server, struct client *client);

/* Renders what the client asks for; the caller owns the answer. */
struct answer
server_render(struct server *server, struct client *client, const struct reading *reading);

/* How many are read. */
uint32_t
server_traces(const struct server *server);

/* Begins a trace. Returns the ticket by which it is known; 0: *verdict says why not. */
uint64_t
server_trace(struct server *server, const struct admin_trace *what,
             struct admin_verdict *verdict);

/* Does it. Returns 0: *verdict tells the end; else the ticket by which it will be told. */
uint64_t
server_act(struct server *server, const struct action *action, struct admin_verdict *verdict);

#endif
