/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_SENDERS_H
#define ROUTE_SENDERS_H

#include <stdint.h>

#include "route/balance.h"

/*
 * How many of a worker's sessions send at a time, and so how many messages long a turn of a
 * rotation is. It is one, unless many send: then what each of them sends is little, and cut in
 * as many pieces as there are nodes it costs a system call and a segment for every other
 * message. So then a turn is longer, the more the more send, and a sender keeps its turn
 * (route/balance.h) as long as it makes no pause.
 */
struct senders {
    uint64_t since_us;      /* when the span began in which they are counted */
    uint32_t span;          /* its number */
    uint32_t count;         /* so far */
    uint32_t before;        /* in those before, of which older ones count less and less */
};

#define SENDERS_SPAN_US 2000    /* or longer: no batch of the loop is in two */
#define SENDERS_PAUSE_US 100000
#define SENDERS_MANY 4

/* A message of one whose last one was in the span *last. */
static inline void
senders_count(struct senders *senders, uint32_t *last, uint64_t now_us)
{
    uint64_t us = now_us - senders->since_us;
    uint32_t least = senders->before / 2;

    if (us >= SENDERS_SPAN_US) {
        if (us > SENDERS_PAUSE_US)
            least = senders->count = 0;
        senders->before = senders->count > least ? senders->count : least;
        senders->since_us = now_us;
        senders->span++;
        senders->count = 0;
    }
    senders->count += *last != senders->span;
    *last = senders->span;
}

static inline uint32_t
senders_turn_length(const struct senders *senders)
{
    if (senders->before < SENDERS_MANY)
        return 1;
    return senders->before < BALANCE_LENGTH_MAX / 4 ? 4 * senders->before : BALANCE_LENGTH_MAX;
}

#endif
