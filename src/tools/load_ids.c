/* SPDX-License-Identifier: ISC */
#include "tools/load_ids.h"

#include <stdlib.h>
#include <xxhash.h>

#define GIVEN 1U
#define RECEIPTED 2U
#define KNOWN (GIVEN | RECEIPTED)

#define FIRST_CAP ((size_t)1 << 16)
#define FIRST_MAX ((uint64_t)1 << 24)   /* places that are made ahead at most */

bool
load_ids_init(struct load_ids *ids, uint64_t n)
{
    *ids = (struct load_ids){.cap = FIRST_CAP};
    while (ids->cap < 2 * n && ids->cap < FIRST_MAX)
        ids->cap *= 2;
    ids->places = calloc(ids->cap, sizeof(ids->places[0]));
    return ids->places != NULL;
}

void
load_ids_fini(struct load_ids *ids)
{
    free(ids->places);
    *ids = (struct load_ids){0};
}

static uint64_t *
place_of(const struct load_ids *ids, uint64_t hash)
{
    size_t i = (size_t)(hash >> 2) & (ids->cap - 1);

    while (ids->places[i] != 0 && ((ids->places[i] ^ hash) & ~(uint64_t)KNOWN) != 0)
        i = (i + 1) & (ids->cap - 1);
    return &ids->places[i];
}

static bool
grow(struct load_ids *ids)
{
    uint64_t *old = ids->places;
    size_t cap = ids->cap, i;

    ids->places = calloc(2 * cap, sizeof(old[0]));
    if (ids->places == NULL) {
        ids->places = old;
        return false;
    }
    ids->cap = 2 * cap;
    for (i = 0; i < cap; i++)
        if (old[i] != 0)
            *place_of(ids, old[i]) = old[i];
    free(old);
    return true;
}

static uint64_t *
find(struct load_ids *ids, struct octets id)
{
    uint64_t hash = XXH3_64bits(id.bytes, id.len) & ~(uint64_t)KNOWN;
    uint64_t *place;

    if (ids->len >= ids->cap / 2 && !grow(ids))
        return NULL;
    place = place_of(ids, hash);
    if (*place == 0) {
        *place = hash;
        ids->len++;
    }
    return place;
}

bool
load_ids_give(struct load_ids *ids, struct octets id)
{
    uint64_t *place;

    if (id.len == 0) {
        ids->empty++;
        return true;
    }
    place = find(ids, id);
    if (place == NULL)
        return false;
    if ((*place & GIVEN) != 0) {
        ids->duplicate++;
        return true;
    }
    ids->given++;
    if ((*place & RECEIPTED) != 0) {
        ids->receipts_unknown--;
        ids->receipts_matched++;
    }
    *place |= GIVEN;
    return true;
}

bool
load_ids_receipt(struct load_ids *ids, struct octets id)
{
    uint64_t *place = find(ids, id);

    if (place == NULL)
        return false;
    ids->receipts++;
    if ((*place & RECEIPTED) != 0)
        ids->receipts_duplicate++;
    else if ((*place & GIVEN) != 0)
        ids->receipts_matched++;
    else
        ids->receipts_unknown++;
    *place |= RECEIPTED;
    return true;
}
