/* SPDX-License-Identifier: ISC */
#include "proxy/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "smpp/pdu.h"

struct registry_entry {
    UT_hash_handle hh;
    uint32_t worker;        /* constant since birth, as is serial */
    uint32_t serial;
    uint32_t refs;          /* under the lock */
    uint32_t bound;         /* the worker's */
    size_t key_len;
    uint8_t key[];          /* the group's name with its NUL, then the system_id */
};

#define NAME_MAX_SIZE 64    /* a group's name, with its NUL; the configuration allows 33 */

bool
registry_init(struct registry *registry, uint32_t workers)
{
    memset(registry, 0, sizeof(*registry));
    registry->loads = calloc(workers, sizeof(*registry->loads));
    if (registry->loads == NULL)
        return false;
    registry->workers = workers;
    pthread_mutex_init(&registry->lock, NULL);
    return true;
}

void
registry_fini(struct registry *registry)
{
    if (registry->loads == NULL)
        return;
    ensure(registry->entries == NULL);
    pthread_mutex_destroy(&registry->lock);
    free(registry->loads);
    memset(registry, 0, sizeof(*registry));
}

static uint32_t
least_loaded(const struct registry *registry, uint32_t here)
{
    uint32_t best = here, i;

    for (i = 0; i < registry->workers; i++)
        if (registry->loads[i] < registry->loads[best])
            best = i;
    return best;
}

static struct registry_entry *
add(struct registry *registry, const uint8_t *key, size_t key_len, uint32_t here)
{
    struct registry_entry *entry = calloc(1, sizeof(*entry) + key_len);

    if (entry == NULL)
        return NULL;
    entry->worker = least_loaded(registry, here);
    entry->serial = registry->born++;
    entry->key_len = key_len;
    memcpy(entry->key, key, key_len);
    HASH_ADD_KEYPTR(hh, registry->entries, entry->key, key_len, entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
        return NULL;
    }
    return entry;
}

struct registry_entry *
registry_get(struct registry *registry, const char *group, struct octets system_id, uint32_t here)
{
    uint8_t key[NAME_MAX_SIZE + PDU_MAX_OPEN];
    size_t name_size = strlen(group) + 1, key_len = name_size + system_id.len;
    struct registry_entry *entry;

    ensure(name_size <= NAME_MAX_SIZE && system_id.len <= PDU_MAX_OPEN && here < registry->workers);
    memcpy(key, group, name_size);
    memcpy(key + name_size, system_id.bytes, system_id.len);
    pthread_mutex_lock(&registry->lock);
    HASH_FIND(hh, registry->entries, key, key_len, entry);
    if (entry == NULL)
        entry = add(registry, key, key_len, here);
    if (entry != NULL) {
        entry->refs++;
        registry->loads[entry->worker]++;
    }
    pthread_mutex_unlock(&registry->lock);
    return entry;
}

struct registry_entry *
registry_ref(struct registry *registry, struct registry_entry *entry)
{
    pthread_mutex_lock(&registry->lock);
    entry->refs++;
    registry->loads[entry->worker]++;
    pthread_mutex_unlock(&registry->lock);
    return entry;
}

void
registry_put(struct registry *registry, struct registry_entry *entry)
{
    pthread_mutex_lock(&registry->lock);
    ensure(entry->refs > 0 && registry->loads[entry->worker] > 0);
    registry->loads[entry->worker]--;
    if (--entry->refs == 0) {
        HASH_DELETE(hh, registry->entries, entry);
        free(entry);
    }
    pthread_mutex_unlock(&registry->lock);
}

uint32_t
registry_worker(const struct registry_entry *entry)
{
    return entry->worker;
}

uint32_t
registry_bound(const struct registry_entry *entry)
{
    return entry->bound;
}

void
registry_count_bound(struct registry_entry *entry, int change)
{
    entry->bound += (uint32_t)change;
}

uint32_t
registry_serial(const struct registry_entry *entry)
{
    return entry->serial;
}
