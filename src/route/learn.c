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
    size_t n = msgid_normal(id, text), i;

    if (n == 0)
        return;
    if (learn->entries == NULL) {
        learn->buckets = learn->max / WAYS;
        learn->entries = calloc(learn->buckets * WAYS, sizeof(*learn->entries));
        if (learn->entries == NULL)
            return;
    }
    hash = hash_of(learn, text, n);
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

/* As it is, and as other nodes and clients write the same number. */
bool
learn_find(const struct learn *learn, struct octets id, uint16_t *node)
{
    static size_t (*const spellings[])(struct octets, char *) = {
        msgid_normal, msgid_other_form, msgid_decimal,
    };
    char text[MSGID_MAX + 1];
    size_t i, n;

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]) && learn->entries != NULL; i++) {
        n = spellings[i](id, text);
        if (n > 0 && find_hash(learn, hash_of(learn, text, n), node))
            return true;
    }
    return false;
}
