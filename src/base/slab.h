/* SPDX-License-Identifier: ISC */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * Memory for what comes and goes with messages: blocks in a few sizes, each
 * with a list of free ones, so that getting and putting costs a few
 * instructions and no call of malloc. One thread owns a slab.
 *
 * Under AddressSanitizer every block is its own malloc, so that the sanitizer
 * sees each use after put.
 */

#define SLAB_CLASSES 29                 /* 64, 96, 128, 192, 256 … 1 MiB */
#define SLAB_MAX ((size_t)1 << 20)      /* the largest block, octets */

struct slab_block;
struct slab_chunk;

struct slab {
    struct slab_block *free[SLAB_CLASSES];
    size_t cached[SLAB_CLASSES];    /* octets on the free list, large classes */
    struct slab_chunk *chunks;
    size_t used;                    /* octets that are out, for statistics */
};

void
slab_init(struct slab *slab);

/* All blocks must have been put back or be forgotten; frees the memory. */
void
slab_fini(struct slab *slab);

/*
 * A block of at least `size` octets, its real size in *cap, not cleared.
 * NULL: size is over SLAB_MAX, or memory is short.
 */
MUST_USE void *
slab_get(struct slab *slab, size_t size, size_t *cap);

/* Gives back a block of slab_get; `cap` is what slab_get said. */
void
slab_put(struct slab *slab, void *block, size_t cap);

#endif
