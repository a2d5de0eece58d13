/* SPDX-License-Identifier: ISC */
/*
 * Two lists, each in order of expiry because all of its sets live equally long:
 * live ones from their last part on, finished ones from their end on. Every
 * join looks at the heads, so that what is over goes without a timer.
 */
#define HASH_NONFATAL_OOM 1

#include "route/set.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

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

struct set_key
set_key(const struct set_table *table, uint64_t account, const struct message *message,
        const struct concat *concat)
{
    uint64_t mark = (uint64_t)concat->kind << 32 | (uint64_t)concat->reference << 16 |
                    concat->total;
    XXH128_hash_t hash;

    hash = XXH3_128bits_withSeed(message->addresses.bytes, message->addresses.len,
                                 table->seed ^ account ^ mark * 0x9E3779B97F4A7C15U);
    return (struct set_key){hash.low64, hash.high64};
}

/* Makes room by forgetting the oldest: a finished one before a live one. */
static void
evict(struct set_table *table)
{
    forget(table, table->finished != NULL ? table->finished : table->live);
    table->evicted++;
}

static struct set *
begin(struct set_table *table, struct set_key key, uint8_t total)
{
    struct set *set;

    if (table->count >= table->max)
        evict(table);
    set = slab_get(table->slab, sizeof(*set), &table->cap);
    if (set == NULL)
        return NULL;
    memset(set, 0, sizeof(*set));
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
set_join(struct set_table *table, struct set_key key, uint8_t total, uint64_t now_ms)
{
    struct set *set;

    set_expire(table, now_ms);
    HASH_FIND_BYHASHVALUE(hh, table->by_key, &key, sizeof(key), (unsigned)key.low, set);
    if (set == NULL)
        set = begin(table, key, total);
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

static void
mark_accepted(struct set *set, uint8_t part)
{
    uint8_t bit = (uint8_t)(1U << (part & 7));

    if (part == 0 || (set->accepted[part >> 3] & bit) != 0)
        return;
    set->accepted[part >> 3] |= bit;
    set->accepted_count++;
}

void
set_leave(struct set_table *table, struct set *set, uint8_t accepted, uint64_t now_ms)
{
    ensure(set->open > 0);
    set->open--;
    mark_accepted(set, accepted);
    if (set->forgotten) {
        if (set->open == 0)
            release(table, set);
    } else if (!set->finished && set->open == 0 && set->accepted_count == set->total) {
        DL_DELETE(table->live, set);
        set->finished = true;
        set->expires_ms = now_ms + table->linger_ms;
        DL_APPEND(table->finished, set);
    }
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
