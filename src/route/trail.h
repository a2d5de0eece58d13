/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_TRAIL_H
#define ROUTE_TRAIL_H

#include <stdint.h>

#include "base/ensure.h"
#include "base/handle.h"

/*
 * Where the parts of a long message went, for those that come later. A small table of
 * fixed size: what is oldest in its row goes first, and a part whose trail is lost
 * begins a new one.
 */

struct trail_entry {
    uint64_t key;
    uint64_t due_ms;        /* from then on it says nothing; 0: it never did */
    struct handle to;
};

struct trail {
    struct trail_entry *entries;    /* NULL until the first */
    uint64_t ttl_ms;                /* from the last part on */
};

void
trail_init(struct trail *trail, uint64_t ttl_ms);

void
trail_fini(struct trail *trail);

/* Where the parts of that key went; a handle of nothing: nobody knows. */
struct handle
trail_find(const struct trail *trail, uint64_t key, uint64_t now_ms);

/* A part went there. Without memory it is not remembered. */
void
trail_put(struct trail *trail, uint64_t key, struct handle to, uint64_t now_ms);

#endif
