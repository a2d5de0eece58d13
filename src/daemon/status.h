/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "admin/server.h"
#include "daemon/nodes.h"
#include "daemon/visit.h"

/*
 * What the status endpoint needs of the daemon: visits to the workers, actions, and the
 * nodes' state. On the master's thread.
 */

struct trace;

struct status {
    /* constant since status_start */
    struct loop *loop;
    struct mailbox *mailbox;    /* the master's */
    struct worker *workers;
    size_t worker_count;
    struct nodes *nodes;
    struct gate *gate;          /* the workers' */
    /* Reads the configuration again. NULL: status_reloaded tells, behind the call; else
     * why not. */
    const char *(*reload)(void);
    /* the master's */
    bool open;                  /* there is an endpoint */
    struct conf *conf;          /* a reference */
    int tcp, unix_;             /* bound; -1: none. The server's once it is started */
    struct admin_info info;
    struct server server;
    struct visit *visits;       /* under way */
    struct trace *traces;       /* list, by trace.c */
    uint64_t ban_serial;        /* the last ban that an event has told of */
    uint64_t reload_ticket;     /* whoever wants to hear of the reload, or 0 */
};

/* Binds what the configuration asks for, if anything. False: it can't, and that is
 * logged. */
MUST_USE bool
status_bind(struct status *status, const struct conf *conf);

/* Starts it once the workers are there; the fields that are constant are set, and those of
 * `info`. Does nothing where there is no endpoint. False: memory is short. */
MUST_USE bool
status_start(struct status *status, struct conf *conf);

/* From here on `conf` is the configuration. */
void
status_follow(struct status *status, struct conf *conf);

/* The reload that was under way has ended. */
void
status_reloaded(struct status *status, bool taken);

/* Keeps an event, where there is an endpoint. */
void
status_event(struct status *status, const char *kind, const char *who, const char *from,
             const char *to, const char *why);

/* That moment of the loop's clock on the wall's. */
uint64_t
status_wall_ms(const struct status *status, uint64_t at_ms);

/* Ends it. The workers must have ended. */
void
status_fini(struct status *status);

#endif
