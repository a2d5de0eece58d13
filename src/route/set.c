/* SPDX-License-Identifier: ISC */
/*
 * An array of sets, each one cache line, and chains through it: with a hundred
 * thousand sets under way, what a part costs is the memory that it touches. The
 * array is as large as the bound from the first set on, but the system gives it
 * pages only as they are used.
 *
 * Two lists, each in order of expiry because all of its sets live equally long:
 * live ones from their last part on, finished ones from their end on. A further
 * part of a live set does not move it, that would cost more than all else: it
 * goes to the end when it has come to the head. The first join of each millisecond
 * looks at the heads, so that what is over goes without a timer.
 */
#include "route/set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EVICT_TRIES 8
#define PLACE_SIZE ((size_t)64)

struct set {
    uint64_t key;     /* of account, addresses, kind, reference and total */
    uint64_t expires_ms;
    uint64_t listed_ms;     /* live: its expiry when it was put where it is in the list */
    uint64_t accepted;      /* a bit for each part number up to 64 */
    uint32_t open;          /* requests that refer to it */
    set_id chain;           /* the next in its bucket, or in the free list */
    set_id prev;            /* in its list */
    set_id next;
    uint16_t node;
    uint16_t rated;         /* as set_rated tells */
    uint8_t total;
    uint8_t accepted_count;
    bool finished;          /* every part was accepted */
    bool forgotten;         /* not to be found any more; free when nothing refers to it */
};

_Static_assert(sizeof(struct set) <= PLACE_SIZE, "a set is one cache line");

void
set_table_init(struct set_table *table, uint32_t max, uint64_t ttl_ms, uint64_t linger_ms)
{
    memset(table, 0, sizeof(*table));
    table->max = max;
    table->ttl_ms = ttl_ms;
    table->linger_ms = linger_ms;
    arc4random_buf(&table->seed, sizeof(table->seed));
}

/* Memory that is touched all over: large pages spare the processor's look-ups. */
static void *
alloc_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    (void)madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}

static size_t
sets_size(const struct set_table *table)
{
    return ((size_t)table->max + 1) * PLACE_SIZE;
}

static size_t
buckets_size(const struct set_table *table)
{
    return ((size_t)table->mask + 1) * sizeof(*table->buckets);
}

static void
free_pages(struct set_table *table)
{
    if (table->sets != NULL)
        munmap(table->sets, sets_size(table));
    if (table->buckets != NULL)
        munmap(table->buckets, buckets_size(table));
    table->sets = NULL;
    table->buckets = NULL;
}

static bool
alloc(struct set_table *table)
{
    uint32_t buckets = 1;

    /* So many that chains are hardly ever longer than one. */
    while (buckets / 4 < table->max)
        buckets *= 2;
    table->mask = buckets - 1;
    table->sets = alloc_pages(sets_size(table));
    table->buckets = alloc_pages(buckets_size(table));
    table->fresh = 1;
    if (table->sets != NULL && table->buckets != NULL)
        return true;
    free_pages(table);
    return false;
}

/* Places are 64 octets apart, whatever a set takes of them. */
static struct set *
at(const struct set_table *table, set_id id)
{
    return (struct set *)(void *)((char *)table->sets + (size_t)id * PLACE_SIZE);
}

static set_id *
bucket_of(const struct set_table *table, uint64_t key)
{
    return &table->buckets[key & table->mask];
}

static void
append(struct set_table *table, struct set_list *list, set_id id)
{
    struct set *set = at(table, id);

    set->prev = list->last;
    set->next = SET_NONE;
    if (list->last != SET_NONE)
        at(table, list->last)->next = id;
    else
        list->first = id;
    list->last = id;
}

/* The first one's `prev` says nothing: the one behind it need not be fetched to set it. */
static void
unlist(struct set_table *table, struct set_list *list, set_id id)
{
    struct set *set = at(table, id);

    if (list->first == id)
        list->first = set->next;
    else
        at(table, set->prev)->next = set->next;
    if (list->last == id)
        list->last = list->first != SET_NONE ? set->prev : SET_NONE;
    else if (list->first != set->next)
        at(table, set->next)->prev = set->prev;
}

static void
unchain(struct set_table *table, set_id id)
{
    set_id *link = bucket_of(table, at(table, id)->key);

    while (*link != id)
        link = &at(table, *link)->chain;
    *link = at(table, id)->chain;
}

static void
release(struct set_table *table, set_id id)
{
    at(table, id)->chain = table->free;
    table->free = id;
}

static void
forget(struct set_table *table, set_id id)
{
    struct set *set = at(table, id);

    unchain(table, id);
    unlist(table, set->finished ? &table->finished : &table->live, id);
    table->count--;
    if (table->recent == id)
        table->recent = SET_NONE;
    set->forgotten = true;
    if (set->open == 0)
        release(table, id);
}

static void
expire(struct set_table *table, set_id id)
{
    table->expired += !at(table, id)->finished;
    forget(table, id);
}

void
set_table_fini(struct set_table *table)
{
    free_pages(table);
    memset(table, 0, sizeof(*table));
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

static bool
has_key(const struct set_table *table, set_id id, uint64_t key)
{
    return at(table, id)->key == key;
}

/* The parts of a message mostly come one behind the other: the last one's set is
 * looked at first, and the bucket's memory often not at all. */
static set_id
find(const struct set_table *table, uint64_t key)
{
    set_id id = table->recent;

    if (id != SET_NONE && has_key(table, id, key))
        return id;
    id = *bucket_of(table, key);
    while (id != SET_NONE && !has_key(table, id, key))
        id = at(table, id)->chain;
    return id;
}

/* Puts a live set at the end of its list. */
static void
list_live(struct set_table *table, set_id id, uint64_t now_ms)
{
    at(table, id)->listed_ms = now_ms + table->ttl_ms;
    append(table, &table->live, id);
}

/* No part has come since it was put where it is, and its place can be used. */
static bool
may_go(const struct set *set)
{
    return set->expires_ms <= set->listed_ms && set->open == 0;
}

/* Forgets the oldest, a finished one before a live one. */
static void
evict(struct set_table *table, uint64_t now_ms)
{
    unsigned tries;
    set_id id;

    for (tries = 0; table->finished.first == SET_NONE && tries < EVICT_TRIES; tries++) {
        id = table->live.first;
        if (may_go(at(table, id)))
            break;
        unlist(table, &table->live, id);
        list_live(table, id, now_ms);
    }
    forget(table, table->finished.first != SET_NONE ? table->finished.first : table->live.first);
    table->evicted++;
}

/* A place for a new set; one is not worth forgetting very many that are referred to. */
static set_id
take_place(struct set_table *table, uint64_t now_ms)
{
    unsigned tries;
    set_id id;

    if (table->free == SET_NONE && table->fresh <= table->max)
        return table->fresh++;
    for (tries = 0; table->free == SET_NONE && table->count > 0 && tries < EVICT_TRIES; tries++)
        evict(table, now_ms);
    id = table->free;
    if (id != SET_NONE)
        table->free = at(table, id)->chain;
    return id;
}

static set_id
begin(struct set_table *table, uint64_t key, uint8_t total, uint64_t now_ms)
{
    set_id id = take_place(table, now_ms), *bucket;

    if (id == SET_NONE)
        return SET_NONE;
    bucket = bucket_of(table, key);
    *at(table, id) = (struct set){.key = key, .node = SET_NO_NODE, .total = total,
                                  .chain = *bucket};
    *bucket = id;
    list_live(table, id, now_ms);
    table->count++;
    table->begun++;
    return id;
}

/*
 * A part of a finished set is one sent again, or the first of another message that
 * has the same key: it must find its node, and those behind it too.
 */
static void
begin_again(struct set_table *table, set_id id, uint64_t now_ms)
{
    struct set *set = at(table, id);

    unlist(table, &table->finished, id);
    set->finished = false;
    set->accepted = 0;
    set->accepted_count = 0;
    list_live(table, id, now_ms);
}

static void
remember(struct set_memo *memo, struct octets addresses, uint64_t seed, uint64_t key)
{
    memo->len = 0;
    if (addresses.len > sizeof(memo->addresses))
        return;
    memcpy(memo->addresses, addresses.bytes, addresses.len);
    memo->len = (uint32_t)addresses.len;
    memo->seed = seed;
    memo->key = key;
}

uint64_t
set_key(struct set_table *table, uint64_t account, const struct message *message,
        const struct concat *concat)
{
    uint64_t seed = table->seed ^ seed_of(account, concat), key;
    const struct octets addresses = message->addresses;
    const struct set_memo *memo = &table->memo;

    if (memo->seed == seed && memo->len == addresses.len && memo->len > 0 &&
        memcmp(memo->addresses, addresses.bytes, memo->len) == 0)
        return memo->key;
    key = hash_bytes(addresses.bytes, addresses.len, seed);
    remember(&table->memo, addresses, seed, key);
    if (table->sets != NULL)
        __builtin_prefetch(bucket_of(table, key), 1);
    return key;
}

void
set_fetch(struct set_table *table, uint64_t key)
{
    set_id id;

    if (table->sets == NULL || key == table->fetched)
        return;
    table->fetched = key;
    id = *bucket_of(table, key);
    if (id != SET_NONE)
        __builtin_prefetch(at(table, id), 1);
}

/* Fetches what the next set that goes is in, should a place be needed: first the set,
 * then, by the time that it is there, its bucket. */
static void
warm_up(struct set_table *table)
{
    set_id first = table->finished.first;

    if (table->warm == first)
        __builtin_prefetch(bucket_of(table, at(table, first)->key), 1);
    else
        __builtin_prefetch(at(table, first), 1);
    table->warm = first;
}

set_id
set_join(struct set_table *table, uint64_t key, uint8_t total, uint64_t now_ms)
{
    struct set *set;
    set_id id;

    if (table->sets == NULL && !alloc(table))
        return SET_NONE;
    if (now_ms != table->looked_ms)
        set_expire(table, now_ms);
    id = find(table, key);
    if (id != SET_NONE && at(table, id)->expires_ms <= now_ms) {
        expire(table, id);
        id = SET_NONE;
    }
    if (id == SET_NONE)
        id = begin(table, key, total, now_ms);
    if (id == SET_NONE)
        return SET_NONE;
    set = at(table, id);
    if (set->finished)
        begin_again(table, id, now_ms);
    set->expires_ms = now_ms + table->ttl_ms;
    set->open++;
    table->recent = id;
    warm_up(table);
    return id;
}

bool
set_is_under_way(const struct set_table *table, uint64_t key, uint64_t now_ms)
{
    set_id id = table->sets != NULL ? find(table, key) : SET_NONE;

    return id != SET_NONE && !at(table, id)->finished && at(table, id)->expires_ms > now_ms;
}

uint16_t
set_node(const struct set_table *table, set_id id)
{
    return at(table, id)->node;
}

uint16_t
set_rated(const struct set_table *table, set_id id)
{
    return at(table, id)->rated;
}

void
set_put_rated(struct set_table *table, set_id id, uint16_t rated)
{
    at(table, id)->rated = rated;
}

void
set_put_node(struct set_table *table, set_id id, uint16_t node)
{
    at(table, id)->node = node;
}

/* A set of more than 64 parts is not found out to be finished: it expires. */
void
set_accept(struct set_table *table, set_id id, uint8_t part, uint64_t now_ms)
{
    struct set *set = at(table, id);
    uint64_t bit = 1ULL << ((part - 1) & 63);

    if (part > 64 || (set->accepted & bit) != 0)
        return;
    set->accepted |= bit;
    if (++set->accepted_count < set->total || set->forgotten)
        return;
    unlist(table, &table->live, id);
    set->finished = true;
    set->expires_ms = now_ms + table->linger_ms;
    append(table, &table->finished, id);
}

void
set_leave(struct set_table *table, set_id id)
{
    struct set *set = at(table, id);

    ensure(set->open > 0);
    if (--set->open == 0 && set->forgotten)
        release(table, id);
}

uint64_t
set_expire(struct set_table *table, uint64_t now_ms)
{
    uint64_t live = UINT64_MAX, finished = UINT64_MAX;
    set_id id;

    table->looked_ms = now_ms;
    while ((id = table->finished.first) != SET_NONE) {
        finished = at(table, id)->expires_ms;
        if (finished > now_ms)
            break;
        expire(table, id);
        finished = UINT64_MAX;
    }
    while ((id = table->live.first) != SET_NONE) {
        live = at(table, id)->listed_ms;
        if (live > now_ms)
            break;
        if (at(table, id)->expires_ms <= now_ms) {
            expire(table, id);
        } else {
            unlist(table, &table->live, id);
            list_live(table, id, now_ms);
        }
        live = UINT64_MAX;
    }
    return live < finished ? live : finished;
}
