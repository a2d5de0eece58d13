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
    int fd;
    ev_io io;
    ev_timer pause;
};

/* A bound, listening, non-blocking descriptor for addr, or -1 with errno set.
 * A stale unix socket at the path is replaced. Where `share` is set, several of
 * one address may listen side by side (SO_REUSEPORT). */
MUST_USE int
listener_bind(const struct addr *addr, bool share);

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
