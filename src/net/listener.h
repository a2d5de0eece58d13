/* SPDX-License-Identifier: ISC */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/addr.h"
#include "net/loop.h"

/*
 * A socket that accepts. When descriptors or memory run out it pauses for a
 * moment instead of spinning, and says so in the log.
 */
struct listener {
    struct loop *loop;
    void (*on_accept)(struct listener *listener, int fd, const struct addr *peer);
    void *owner;
    const char *name;       /* for the log; the owner's */
    bool keeps_path;        /* a unix socket's path isn't ours to remove */
    int fd;
    ev_io io;
    ev_timer pause;
};

/* A bound, listening, non-blocking descriptor for addr, or -1 with errno set.
 * A stale unix socket at the path is replaced. */
MUST_USE int
listener_bind(const struct addr *addr);

/* A further descriptor that accepts what comes to the same address, for another loop:
 * the system spreads new connections over them. -1 with errno set. */
MUST_USE int
listener_join(int fd);

/* The address that a bound descriptor has (its port where 0 was asked for). */
struct addr
listener_address(int fd);

/* Accepts on fd, which is the listener's from now on. */
void
listener_open(struct listener *listener, struct loop *loop, int fd);

/* Stops accepting and closes; fine when closed. */
void
listener_close(struct listener *listener);

#endif
