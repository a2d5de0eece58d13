/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_WINDOW_H
#define ROUTE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"
#include "base/handle.h"

/*
 * The requests that were sent on one conn and await their response. Its place
 * in the array and how often the array went round are the sequence_number that
 * the peer sees (SMPP v3.4 §5.1.4: 1 to 0x7FFFFFFF, then 1 again), so that a
 * response finds its request with no search. Numbers grow by one, but for
 * places that are still taken; they begin at a random one, lest a peer's stray
 * number match by chance.
 */

enum window_door {
#define WINDOW_DOOR(symbol, name, meaning) WINDOW_##symbol,
#include "route/window_door.def"
#undef WINDOW_DOOR
    WINDOW_DOORS
};

struct request;

struct pending {
    uint32_t number;            /* ours; 0: the place is free */
    uint32_t command;           /* command_id of the request */
    uint32_t their_number;      /* the one that the origin gave it */
    struct handle from;         /* the session or link that it came from */
    uint64_t sent_us;
    uint64_t queued;            /* conn's octet count in front of it */
    struct request *request;    /* kept to be sent elsewhere, or NULL; the pending's */
};

struct window {
    struct pending *places;     /* NULL until the first */
    uint32_t size;              /* of places, a power of two, or 0 */
    uint32_t limit;             /* the most that may be open */
    uint32_t open;
    uint32_t *sum;              /* the open ones of several windows, or NULL; the owner's */
    uint32_t next;              /* the number to be tried next */
    uint32_t oldest;            /* no open request has an older number */
    uint64_t opened;            /* ever */
    uint64_t left[WINDOW_DOORS];
};

/* An empty window for at most `limit` open requests, with `first` the first number. */
void
window_init(struct window *window, uint32_t limit, uint32_t first);

/* Nothing may be open. */
void
window_fini(struct window *window);

static inline bool
window_is_full(const struct window *window)
{
    return window->open >= window->limit;
}

/* A number that no open request has, for a PDU that is not kept track of here. */
uint32_t
window_number(struct window *window);

/* Opens a pending: its number is set, the rest is the caller's to fill in. NULL:
 * full or out of memory. Valid until the next window_add. */
MUST_USE struct pending *
window_add(struct window *window);

/* The open pending of that number, or NULL: answered already or never asked. */
static inline struct pending *
window_find(const struct window *window, uint32_t number)
{
    struct pending *pending;

    if (window->size == 0 || number == 0)
        return NULL;
    pending = &window->places[number & (window->size - 1)];
    return pending->number == number ? pending : NULL;
}

/* Fetches the request of that number, for it is about to be answered. */
static inline void
window_fetch(const struct window *window, uint32_t number)
{
    const struct pending *pending = window_find(window, number);

    if (pending != NULL)
        __builtin_prefetch(pending->request, 1);
}

/* The pending leaves; its place is free. */
void
window_take(struct window *window, struct pending *pending, enum window_door door);

/* Gives back the memory of a large window that nothing is open in. */
void
window_trim(struct window *window);

/* The pending that was sent first, or NULL. Passes each number once, so that
 * many that expire together cost no more than they did to send. */
struct pending *
window_oldest(struct window *window);

/*
 * For the end of a conn: brings the open ones to places[0] … places[n - 1], the
 * oldest first, and returns n. Until each of them is taken, nothing may be found
 * or added.
 */
uint32_t
window_line_up(struct window *window);

#endif
