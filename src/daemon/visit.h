/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_VISIT_H
#define DAEMON_VISIT_H

#include "daemon/worker.h"

/*
 * Something that the master sends round: it is looked at on each worker's thread, one
 * after the other, and then comes home. Whoever has it at the moment owns it.
 */
struct visit {
    struct mail mail;
    struct worker *workers;
    size_t count;
    size_t at;                  /* the worker that has it, or has had it last */
    struct mailbox *home;
    void (*on_worker)(struct visit *visit, struct worker *worker);  /* on its thread */
    void (*on_home)(struct visit *visit);
    struct visit *prev;         /* utlist, the sender's, until on_home */
    struct visit *next;
};

/* Sends it; the functions are set. */
void
visit_start(struct visit *visit, struct worker *workers, size_t count, struct mailbox *home);

#endif
