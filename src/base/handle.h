/* SPDX-License-Identifier: ISC */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * A name for an object that may be gone when the name is used: the place in a
 * table and how often that place has been taken. Zero names nothing.
 */
struct handle {
    uint32_t place;
    uint32_t generation;
};

struct handle_entry {
    void *object;           /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct handle_table {
    struct handle_entry *entries;
    uint32_t size;
    uint32_t first_free;    /* `size`: none */
    uint32_t used;
};

/* Names an object. handle->generation 0: out of memory. */
MUST_USE struct handle
handle_new(struct handle_table *table, void *object);

/* The object, or NULL when it is gone. */
static inline void *
handle_object(const struct handle_table *table, struct handle handle)
{
    if (handle.place >= table->size ||
        table->entries[handle.place].generation != handle.generation)
        return NULL;
    return table->entries[handle.place].object;
}

static inline bool
handle_equal(struct handle a, struct handle b)
{
    return a.place == b.place && a.generation == b.generation;
}

/* From here on the handle names nothing. */
void
handle_free(struct handle_table *table, struct handle handle);

void
handle_table_fini(struct handle_table *table);

#endif
