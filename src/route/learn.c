/* SPDX-License-Identifier: ISC */
/*
 * Buckets of a few entries: an id can only be in the bucket of its hash, and
 * takes the place of the bucket's oldest. So neither list nor chain is needed,
 * and the cost is the same however full it is.
 */
#include "route/learn.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define WAYS 8

struct learn_entry {
    uint64_t hash;      /* 0: free */
    uint32_t put_at;
    uint16_t node;
};

void
learn_init(struct learn *learn, size_t max)
{
    memset(learn, 0, sizeof(*learn));
    learn->max = max;
    arc4random_buf(&learn->seed, sizeof(learn->seed));
}

void
learn_fini(struct learn *learn)
{
    free(learn->entries);
    learn->entries = NULL;
}

static uint64_t
hash_of(const struct learn *learn, const char *text, size_t n)
{
    uint64_t hash = hash_bytes(text, n, learn->seed);

    return hash != 0 ? hash : 1;
}

static struct learn_entry *
bucket_of(const struct learn *learn, uint64_t hash)
{
    return &learn->entries[hash % learn->buckets * WAYS];
}

void
learn_put(struct learn *learn, struct octets id, uint16_t node)
{
    struct learn_entry *bucket, *oldest;
    char text[MSGID_MAX + 1];
    uint64_t hash;
    size_t i;

    if (learn->entries == NULL) {
        learn->buckets = learn->max / WAYS;
        learn->entries = calloc(learn->buckets * WAYS, sizeof(*learn->entries));
        if (learn->entries == NULL)
            return;
    }
    hash = hash_of(learn, text, msgid_normal(id, text));
    oldest = bucket = bucket_of(learn, hash);
    for (i = 0; i < WAYS; i++) {
        if (bucket[i].hash == hash || bucket[i].hash == 0) {
            oldest = &bucket[i];
            break;
        }
        if (learn->clock - bucket[i].put_at > learn->clock - oldest->put_at)
            oldest = &bucket[i];
    }
    *oldest = (struct learn_entry){hash, learn->clock++, node};
}

static bool
find_hash(const struct learn *learn, uint64_t hash, uint16_t *node)
{
    const struct learn_entry *bucket = bucket_of(learn, hash);
    size_t i;

    for (i = 0; i < WAYS; i++)
        if (bucket[i].hash == hash) {
            *node = bucket[i].node;
            return true;
        }
    return false;
}

bool
learn_find(const struct learn *learn, struct octets id, uint16_t *node)
{
    char text[MSGID_MAX + 1];

    if (learn->entries == NULL)
        return false;
    return find_hash(learn, hash_of(learn, text, msgid_normal(id, text)), node);
}
