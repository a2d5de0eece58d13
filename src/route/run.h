/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_RUN_H
#define ROUTE_RUN_H

#include <stdint.h>

/*
 * How many messages in a row one node gets. It is one, in turn, unless many send at a
 * time: then what each of them sends is little, and cut in as many pieces as there are
 * nodes it costs a system call and a segment for every other message. So then it is some
 * in a row, the more the more send. It holds for all turns of a round, so the shares
 * stay what they are.
 */

#define RUN_MAX 16

struct run {
    uint64_t at_us;         /* the batch of the loop whose senders are counted */
    uint32_t senders;       /* so far */
    uint32_t length;        /* by the batch before */
};

/* For one more message, in the loop's batch of `now_us`, of a sender whose last one was in that
 * of *last_us. 0: there was a silence, and no run goes on behind it. */
static inline uint32_t
run_length(struct run *run, uint64_t *last_us, uint64_t now_us)
{
    if (now_us != run->at_us) {
        run->length = now_us - run->at_us < 10000 ? run->senders : 0;
        run->at_us = now_us;
        run->senders = 0;
    }
    run->senders += *last_us != now_us;
    *last_us = now_us;
    return run->length < RUN_MAX ? run->length : RUN_MAX;
}

#endif
