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
#include "route/snapshot.h"

struct worker;
struct workers;

/* Something that the master wants done on a worker's thread; it comes back to the
 * master's mailbox when it is. One of a kind is under way at a time, so it stands in
 * the worker and needs no memory. */
struct order {
    struct mail mail;
    struct worker *worker;
    void (*carry_out)(struct worker *worker);
    void (*on_done)(struct worker *worker);     /* on the master's thread; or NULL */
};

/*
 * A thread with one event loop that accepts clients and carries their messages.
 * Workers reach each other, and the master them, through mailboxes alone.
 */
struct worker {
    /* constant since birth */
    struct workers *workers;
    uint32_t number;                /* from 0 */
    char name[16];                  /* "worker1" */
    pthread_t thread;
    struct mailbox mailbox;
    /* the worker's thread's */
    struct conf *conf;              /* a reference */
    struct loop loop;
    struct proxy proxy;
    struct listener *listeners;     /* one for each of conf's */
    struct mail empty;
    bool stopped;
    /* the master's, but for what an order does while it is under way */
    struct order drain;
    struct order stop;
    struct order change;
    struct conf *next;              /* to be taken; the master's reference */
    bool reserved;
    struct order count;
    struct snapshot *snapshot;      /* to be added to; the master's */
};

/*
 * Everything but the thread. `fds` are bound descriptors, one for each listener of
 * conf: the first worker's own, and those that the others join. False: it is logged
 * why, and nothing is left.
 */
MUST_USE bool
worker_init(struct worker *worker, struct workers *workers, uint32_t number, struct conf *conf,
            const int *fds);

/* Starts the thread. False: the system has none left. */
MUST_USE bool
worker_start(struct worker *worker);

/* Has it carried out; on_done (may be NULL) follows. */
void
worker_order(struct order *order, void (*carry_out)(struct worker *worker),
             void (*on_done)(struct worker *worker));

/*
 * What may be ordered.
 */

/* No new clients; those that are there are unbound once they have their responses. */
void
worker_drain(struct worker *worker);

/* Makes room for worker->next; worker->reserved says whether there is. */
void
worker_reserve(struct worker *worker);

/* Goes over to worker->next. */
void
worker_follow(struct worker *worker);

/* Goes on with what it has, after worker_reserve. */
void
worker_stay(struct worker *worker);

/* Adds what is counted to worker->snapshot, and logs it where there are others, too. */
void
worker_count(struct worker *worker);

/* Ends everything at once, and the thread with it. */
void
worker_stop(struct worker *worker);

/* The thread has ended, or was never started, and so have all others: what is in the
 * mailbox is done away with. */
void
worker_clear(struct worker *worker);

void
worker_fini(struct worker *worker);

#endif
