/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_SENDERS_H
#define ROUTE_SENDERS_H

#include <stdint.h>

/*
 * How many messages long a turn of the rotation is. It is one, unless many send at a
 * time: then what each of them sends is little, and cut in as many pieces as there are
 * nodes it costs a system call and a segment for every other message. So then a turn is
 * longer, the more the more send, and a sender keeps its turn (route/balance.h).
 */

#define TURN_LENGTH_MAX 64

struct senders {
    uint64_t at_us;         /* the batch of the loop in which they are counted */
    uint32_t count;         /* so far */
    uint32_t before;        /* in the batch before; 0: there was a silence */
};

/* One more message, in the loop's batch of `now_us`, of a sender whose last one was in that of
 * *last_us. */
static inline void
senders_count(struct senders *senders, uint64_t *last_us, uint64_t now_us)
{
    if (now_us != senders->at_us) {
        senders->before = now_us - senders->at_us < 10000 ? senders->count : 0;
        senders->at_us = now_us;
        senders->count = 0;
    }
    senders->count += *last_us != now_us;
    *last_us = now_us;
}

/* 0: there was a silence, and no long turn goes on behind it. */
static inline uint32_t
senders_turn_length(const struct senders *senders)
{
    if (senders->before <= 1)
        return senders->before;
    return senders->before < TURN_LENGTH_MAX / 4 ? 4 * senders->before : TURN_LENGTH_MAX;
}

#endif
