/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "daemon/worker.h"
#include "net/mailbox.h"
#include "proxy/gate.h"
#include "proxy/registry.h"

/*
 * All workers together, as the master sees them: what it wants it wants of each of
 * them, and it hears of it once, when the last has done it. All calls are the
 * master's thread's.
 */
struct workers {
    /* constant since birth */
    struct mailbox *master;
    struct worker *all;
    void (*on_empty)(void);
    void (*on_node_signal)(size_t farm, size_t node, uint32_t worker, enum node_signal signal);
    struct registry registry;       /* has a lock */
    struct gate gate;               /* likewise */
    /* the master's */
    struct conf *conf;              /* that all have; borrowed */
    uint32_t count;                 /* of `all`, that are there */
    uint32_t started;
    uint32_t empty;                 /* that are drained */
    uint32_t changing;              /* whose part of the change is awaited */
    struct conf *next;              /* the change that is under way, or NULL; borrowed */
    void (*on_followed)(bool taken);
    struct snapshot *sum;           /* under way from one to the next, or NULL */
    bool count_again;
};

/* All but the threads. `fds` are bound descriptors, one for each listener of conf, and
 * the workers' from now on. `on_empty` is called when all are drained, `on_node_signal`
 * when one has noticed something of a node. False: it is logged why; workers_fini is to be
 * called nevertheless. */
MUST_USE bool
workers_init(struct workers *workers, struct conf *conf, const int *fds, struct mailbox *master,
             void (*on_empty)(void),
             void (*on_node_signal)(size_t farm, size_t node, uint32_t worker,
                                    enum node_signal signal));

/* Starts the threads. False: the system has too few left. */
MUST_USE bool
workers_start(struct workers *workers);

/* No new clients; those that are there are unbound once they have their responses. */
void
workers_drain(struct workers *workers);

/* Has all go over to `next`, which conf_follow has made ready behind the one that they
 * have, or none: on_followed tells. It lives until then. One at a time. */
void
workers_follow(struct workers *workers, struct conf *next, void (*on_followed)(bool taken));

/* Logs what all count together, and a line for each. */
void
workers_log_counters(struct workers *workers);

/* Ends the threads, waits for them, logs the counters, and frees all. */
void
workers_fini(struct workers *workers);

/* For worker.c: this one is drained. */
void
workers_on_empty(struct worker *worker);

#endif
