/* SPDX-License-Identifier: ISC */
/*
 * Two lists, each in order of expiry because all of its sets live equally long:
 * live ones from their last part on, finished ones from their end on. Every
 * join looks at the heads, so that what is over goes without a timer.
 */
#include "route/set.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void
set_table_init(struct set_table *table, struct slab *slab, uint32_t max, uint64_t ttl_ms,
               uint64_t linger_ms)
{
    memset(table, 0, sizeof(*table));
    table->slab = slab;
    table->max = max;
    table->ttl_ms = ttl_ms;
    table->linger_ms = linger_ms;
    arc4random_buf(&table->seed, sizeof(table->seed));
}

static void
release(struct set_table *table, struct set *set)
{
    slab_put(table->slab, set, table->cap);
}

static void
forget(struct set_table *table, struct set *set)
{
    HASH_DELETE(hh, table->by_key, set);
    if (set->finished)
        DL_DELETE(table->finished, set);
    else
        DL_DELETE(table->live, set);
    table->count--;
    set->forgotten = true;
    if (set->open == 0)
        release(table, set);
}

void
set_table_fini(struct set_table *table)
{
    while (table->live != NULL)
        forget(table, table->live);
    while (table->finished != NULL)
        forget(table, table->finished);
}

static uint64_t
seed_of(uint64_t account, const struct concat *concat)
{
    return hash_mix(account, (uint64_t)concat->kind << 32 | (uint64_t)concat->reference << 16 |
                                 concat->total);
}

uint64_t
set_hash(uint64_t account, const struct message *message, const struct concat *concat)
{
    return hash_bytes(message->addresses.bytes, message->addresses.len,
                      seed_of(account, concat));
}

/* Makes room by forgetting the oldest: a finished one before a live one. */
static void
evict(struct set_table *table)
{
    forget(table, table->finished != NULL ? table->finished : table->live);
    table->evicted++;
}

static struct set *
begin(struct set_table *table, struct hash128 key, uint8_t total)
{
    struct set *set;

    if (table->count >= table->max)
        evict(table);
    set = slab_get(table->slab, sizeof(*set), &table->cap);
    if (set == NULL)
        return NULL;
    memset(set, 0, sizeof(*set));
    set->table = table;
    set->key = key;
    set->total = total;
    set->node = SET_NO_NODE;
    HASH_ADD_BYHASHVALUE(hh, table->by_key, key, sizeof(key), (unsigned)key.low, set);
    if (set->hh.tbl == NULL) {
        release(table, set);
        return NULL;
    }
    table->count++;
    table->begun++;
    return set;
}

struct set *
set_join(struct set_table *table, uint64_t account, const struct message *message,
         const struct concat *concat, uint64_t now_ms)
{
    struct hash128 key = hash128_bytes(message->addresses.bytes, message->addresses.len,
                                       table->seed ^ seed_of(account, concat));
    struct set *set;

    set_expire(table, now_ms);
    HASH_FIND_BYHASHVALUE(hh, table->by_key, &key, sizeof(key), (unsigned)key.low, set);
    if (set == NULL)
        set = begin(table, key, concat->total);
    else if (!set->finished)
        DL_DELETE(table->live, set);
    if (set == NULL)
        return NULL;
    if (!set->finished) {
        set->expires_ms = now_ms + table->ttl_ms;
        DL_APPEND(table->live, set);
    }
    set->open++;
    return set;
}

void
set_accept(struct set *set, uint8_t part, uint64_t now_ms)
{
    uint8_t bit = (uint8_t)(1U << (part & 7));

    if ((set->accepted[part >> 3] & bit) != 0)
        return;
    set->accepted[part >> 3] |= bit;
    if (++set->accepted_count < set->total || set->forgotten)
        return;
    DL_DELETE(set->table->live, set);
    set->finished = true;
    set->expires_ms = now_ms + set->table->linger_ms;
    DL_APPEND(set->table->finished, set);
}

void
set_leave(struct set *set)
{
    ensure(set->open > 0);
    if (--set->open == 0 && set->forgotten)
        release(set->table, set);
}

static uint64_t
expire_list(struct set_table *table, struct set *const *list, uint64_t now_ms)
{
    struct set *set;

    while ((set = *list) != NULL && set->expires_ms <= now_ms) {
        if (!set->finished)
            table->expired++;
        forget(table, set);
    }
    return set != NULL ? set->expires_ms : UINT64_MAX;
}

uint64_t
set_expire(struct set_table *table, uint64_t now_ms)
{
    uint64_t live = expire_list(table, &table->live, now_ms);
    uint64_t finished = expire_list(table, &table->finished, now_ms);

    return live < finished ? live : finished;
}
