/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/mailbox.h"
#include "proxy/proxy.h"

/*
 * A thread with one event loop that accepts clients and carries their messages.
 * The master talks to it through its mailbox alone.
 */
struct worker {
    /* constant since birth */
    struct mailbox *master;
    void (*on_empty)(struct mail *mail);    /* on the master's thread */
    struct mail stop;                       /* needs no memory when it is posted */
    pthread_t thread;
    struct mailbox mailbox;
    /* the worker's thread's */
    struct conf *conf;                      /* a reference */
    struct loop loop;
    struct proxy proxy;
    struct listener *listeners;             /* one for each of conf's */
    struct mail empty;
};

/* Everything but the thread. `fds` are bound descriptors, one for each listener
 * of conf, and the worker's from now on. False: out of memory. */
MUST_USE bool
worker_init(struct worker *worker, struct conf *conf, const int *fds, struct mailbox *master,
            void (*on_empty)(struct mail *mail));

/* Starts the thread. False: the system has none left. */
MUST_USE bool
worker_start(struct worker *worker);

/* No new clients; those that are there are unbound once they have their
 * responses. Then `on_empty` is mailed to the master. */
void
worker_drain(struct worker *worker);

/* Has the worker go over to `conf`, which conf_follow has made ready behind the
 * one that it has. */
void
worker_follow(struct worker *worker, struct conf *conf);

/* Has the worker log its counters. */
void
worker_log_counters(struct worker *worker);

/* Ends the thread, waits for it, and frees all. */
void
worker_fini(struct worker *worker);

#endif
