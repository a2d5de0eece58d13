/* SPDX-License-Identifier: ISC */
#ifndef NET_PIPES_H
#define NET_PIPES_H

#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/* Through which octets go from one descriptor to another without a copy (splice(2)). */
struct pipe {
    struct pipe *next;
    int read_end;
    int write_end;
    size_t n;               /* octets in it */
};

/*
 * One thread's pipes: lent while something is in them, and never more than
 * PIPES_MAX, for each takes two descriptors. A few are kept for the next who asks.
 */
#define PIPES_MAX 64
#define PIPES_KEPT 8

struct pipes {
    struct pipe *idle;
    uint32_t idle_count;
    uint32_t count;         /* idle or lent */
};

/* All zero is a pool without a pipe yet. All that were lent must have been put back. */
void
pipes_fini(struct pipes *pipes);

/* An empty one. NULL: there is none to be had now. */
MUST_USE struct pipe *
pipes_get(struct pipes *pipes);

/* Gives it back; what is still in it is lost. */
void
pipes_put(struct pipes *pipes, struct pipe *pipe);

#endif
