/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"

/*
 * What a fuzz target is: one function, fed any octets by libFuzzer (`make
 * fuzz`) or with the files of its corpus by replay.c (`make check`). It aborts
 * by ensure() where a promise is broken; the sanitizers do where memory is.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory of exactly n octets, so that a sanitizer sees any access behind its end. */
static inline uint8_t *
fuzz_room(size_t n)
{
    uint8_t *room = malloc(n > 0 ? n : 1);

    ensure(room != NULL);
    return room;
}

static inline uint8_t *
fuzz_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = fuzz_room(n);

    memcpy(copy, bytes, n);
    return copy;
}

#endif
