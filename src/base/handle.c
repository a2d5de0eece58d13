/* SPDX-License-Identifier: ISC */
#include "base/handle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

static bool
grow(struct handle_table *table)
{
    uint32_t size = table->size == 0 ? FIRST_SIZE : 2 * table->size, i;
    struct handle_entry *entries = realloc(table->entries, size * sizeof(*entries));

    if (entries == NULL)
        return false;
    for (i = table->size; i < size; i++)
        entries[i] = (struct handle_entry){.generation = 1, .next_free = i + 1};
    table->entries = entries;
    table->first_free = table->size;
    table->size = size;
    return true;
}

struct handle
handle_new(struct handle_table *table, void *object)
{
    struct handle_entry *entry;
    struct handle handle;

    if (table->first_free == table->size && !grow(table))
        return (struct handle){0, 0};
    handle.place = table->first_free;
    entry = &table->entries[handle.place];
    table->first_free = entry->next_free;
    table->used++;
    entry->object = object;
    handle.generation = entry->generation;
    return handle;
}

void
handle_free(struct handle_table *table, struct handle handle)
{
    struct handle_entry *entry;

    ensure(handle_object(table, handle) != NULL);
    entry = &table->entries[handle.place];
    entry->object = NULL;
    entry->generation = entry->generation == UINT32_MAX ? 1 : entry->generation + 1;
    entry->next_free = table->first_free;
    table->first_free = handle.place;
    table->used--;
}

void
handle_table_fini(struct handle_table *table)
{
    free(table->entries);
    memset(table, 0, sizeof(*table));
}
