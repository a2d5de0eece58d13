/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_CLOCK_H
#define TOOLS_LOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds on a clock that only goes forward. The loop's own stands still
 * within a batch, and a batch may take longer than an answer. */
static inline uint64_t
load_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
