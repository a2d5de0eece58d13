/* SPDX-License-Identifier: ISC */
#ifndef PROXY_REGISTRY_H
#define PROXY_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "smpp/reader.h"

/*
 * Which worker an account lives on. An account is here for as long as something
 * refers to it: sessions from their bind to their end, also on the way to their
 * worker, and the worker's own account. Any thread may call; it is done at bind and
 * close only.
 */
struct registry_entry;

struct registry {
    pthread_mutex_t lock;
    struct registry_entry *entries;     /* hash; under the lock, as are the loads */
    uint32_t *loads;                    /* references to the accounts of each worker */
    uint32_t workers;
    uint32_t born;                      /* accounts that ever were; under the lock */
};

/* False: out of memory. */
MUST_USE bool
registry_init(struct registry *registry, uint32_t workers);

/* Nothing may refer to an account any more. Fine where init has failed. */
void
registry_fini(struct registry *registry);

/*
 * The account of a system_id on the farms of that group; the caller refers to it until
 * registry_put. If it is new it gets the worker with the fewest references, which is
 * to say accounts and sessions; among equals `here`, for that spares a way.
 * NULL: out of memory.
 */
MUST_USE struct registry_entry *
registry_get(struct registry *registry, const char *group, struct octets system_id, uint32_t here);

/* Refers to it once more. */
struct registry_entry *
registry_ref(struct registry *registry, struct registry_entry *entry);

void
registry_put(struct registry *registry, struct registry_entry *entry);

/* The same as long as the account is referred to. */
uint32_t
registry_worker(const struct registry_entry *entry);

/* Its sessions that are bound; its worker's thread alone asks and counts. */
uint32_t
registry_bound(const struct registry_entry *entry);

void
registry_count_bound(struct registry_entry *entry, int change);

/* How many accounts were there before it. */
uint32_t
registry_serial(const struct registry_entry *entry);

#endif
