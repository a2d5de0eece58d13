/* SPDX-License-Identifier: ISC */
/*
 * Size classes: class 0 is 64 octets, then each doubling has a step halfway,
 * so that at most a third of a block is unused. Blocks up to LARGE are cut
 * from chunks and stay; larger ones are malloc'ed singly, and kept when they
 * come back only up to CACHE_MAX octets a class.
 */
#include "base/slab.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 << 10)
#define LARGE ((size_t)4 << 10)
#define CACHE_MAX ((size_t)4 << 20)

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZED)
#define PLAIN_MALLOC true
#else
#define PLAIN_MALLOC false
#endif

struct slab_block {
    struct slab_block *next;
};

struct slab_chunk {
    struct slab_chunk *next;
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
};

static unsigned
class_of(size_t size)
{
    unsigned order;

    if (size <= 64)
        return 0;
    order = 64 - (unsigned)__builtin_clzl(size - 1);
    return 2 * (order - 6) - (size <= (size_t)3 << (order - 2));
}

static size_t
class_size(unsigned class)
{
    return class % 2 == 0 ? (size_t)64 << (class / 2) : (size_t)96 << (class / 2);
}

void
slab_init(struct slab *slab)
{
    memset(slab, 0, sizeof(*slab));
}

void
slab_fini(struct slab *slab)
{
    struct slab_chunk *chunk;
    struct slab_block *block;
    unsigned class;

    for (class = class_of(LARGE); class < SLAB_CLASSES; class++)
        while ((block = slab->free[class]) != NULL) {
            slab->free[class] = block->next;
            free(block);
        }
    while ((chunk = slab->chunks) != NULL) {
        slab->chunks = chunk->next;
        free(chunk);
    }
    memset(slab, 0, sizeof(*slab));
}

static void *
cut_block(struct slab *slab, size_t size)
{
    struct slab_chunk *chunk = slab->chunks;
    void *block;

    if (chunk == NULL || CHUNK_SIZE - sizeof(*chunk) - chunk->used < size) {
        chunk = malloc(CHUNK_SIZE);
        if (chunk == NULL)
            return NULL;
        chunk->used = 0;
        chunk->next = slab->chunks;
        slab->chunks = chunk;
    }
    block = chunk->bytes + chunk->used;
    chunk->used += size;
    return block;
}

void *
slab_get(struct slab *slab, size_t size, size_t *cap)
{
    struct slab_block *block;
    unsigned class;

    if (size > SLAB_MAX)
        return NULL;
    class = class_of(size);
    *cap = class_size(class);
    block = slab->free[class];
    if (block != NULL) {
        slab->free[class] = block->next;
        if (*cap >= LARGE)
            slab->cached[class] -= *cap;
    } else if (PLAIN_MALLOC || *cap >= LARGE) {
        block = malloc(*cap);
    } else {
        block = cut_block(slab, *cap);
    }
    if (block != NULL)
        slab->used += *cap;
    return block;
}

void
slab_put(struct slab *slab, void *ptr, size_t cap)
{
    struct slab_block *block = ptr;
    unsigned class = class_of(cap);

    ensure(class_size(class) == cap && slab->used >= cap);
    slab->used -= cap;
    if (PLAIN_MALLOC || (cap >= LARGE && slab->cached[class] + cap > CACHE_MAX)) {
        free(block);
        return;
    }
    if (cap >= LARGE)
        slab->cached[class] += cap;
    block->next = slab->free[class];
    slab->free[class] = block;
}
