/* SPDX-License-Identifier: ISC */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include <pthread.h>

#include "net/loop.h"

/* Something for another thread: it is delivered there, on its loop. Who posts
 * gives it away; `deliver` frees it where it must be freed. */
struct mail {
    struct mail *next;
    void (*deliver)(struct mail *mail);
};

/* How threads reach each other: any thread posts, the loop's own delivers, in
 * the order of posting. */
struct mailbox {
    struct loop *loop;
    ev_async ring;
    pthread_mutex_t lock;
    struct mail *first;     /* under the lock, as is last */
    struct mail *last;
};

void
mailbox_init(struct mailbox *mailbox, struct loop *loop);

/* What is still in it is not delivered. */
void
mailbox_fini(struct mailbox *mailbox);

/* Delivers what is in it, as the loop does by itself: for the end, when the loop does
 * not run any more. */
void
mailbox_deliver(struct mailbox *mailbox);

/* From any thread. */
void
mailbox_post(struct mailbox *mailbox, struct mail *mail);

#endif
