/* SPDX-License-Identifier: ISC */
#ifndef PROXY_AHEAD_H
#define PROXY_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/request.h"

#define AHEAD_MAX 8

/*
 * Requests of one batch that were read and are still to be placed. The set of a part
 * is in memory that nobody has touched lately: it is fetched as the part is read, and
 * asked for some requests later, when it is there. They leave in the order in which
 * they came, and none stays behind the batch.
 */
struct ahead {
    struct request *requests[AHEAD_MAX];
    uint32_t first;
    uint32_t count;
};

static inline bool
ahead_is_full(const struct ahead *ahead)
{
    return ahead->count == AHEAD_MAX;
}

/* It must not be full. It owns the request until ahead_shift. */
static inline void
ahead_append(struct ahead *ahead, struct request *request)
{
    const struct request *half_way;

    ahead->requests[(ahead->first + ahead->count++) % AHEAD_MAX] = request;
    if (ahead->count <= AHEAD_MAX / 2)
        return;
    half_way = ahead->requests[(ahead->first + ahead->count - 1 - AHEAD_MAX / 2) % AHEAD_MAX];
    if (half_way->parts > 0)
        set_fetch(half_way->sets, half_way->key);
}

/* The first; NULL: there is none. */
static inline struct request *
ahead_shift(struct ahead *ahead)
{
    struct request *request;

    if (ahead->count == 0)
        return NULL;
    request = ahead->requests[ahead->first];
    ahead->first = (ahead->first + 1) % AHEAD_MAX;
    ahead->count--;
    return request;
}

#endif
