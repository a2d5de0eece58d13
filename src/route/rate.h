/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_RATE_H
#define ROUTE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * How many messages a second may pass: a bucket of tokens, one a message, filled
 * evenly and never with more than a second's worth. So it counts over a second,
 * not the gap between two messages.
 */
struct rate {
    uint64_t filled_us;     /* the time up to which it was filled; 0: never yet */
    int64_t millionths;     /* of a token */
};

/* Takes a token where there is one. `per_second` is at least 1. */
MUST_USE bool
rate_take(struct rate *rate, uint32_t per_second, uint64_t now_us);

/* Takes one that may not be there yet, to be made up for later: for what must not
 * be kept from what came before. At most a second's worth is lent. */
void
rate_owe(struct rate *rate, uint32_t per_second, uint64_t now_us);

/* Microseconds from the last rate_take until there is a token. */
uint64_t
rate_wait_us(const struct rate *rate, uint32_t per_second);

#endif
