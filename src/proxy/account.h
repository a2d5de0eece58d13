/* SPDX-License-Identifier: ISC */
#ifndef PROXY_ACCOUNT_H
#define PROXY_ACCOUNT_H

#include "base/table.h"
#include "proxy/farm.h"
#include "proxy/proxy.h"
#include "route/balance.h"
#include "route/rate.h"
#include "smpp/pdu.h"
#include "smpp/reader.h"

/* All sessions of one system_id on one farm, and whose turn it is for them. */
struct account {
    UT_hash_handle hh;
    struct proxy *proxy;
    struct farm *farm;
    struct balance balance;
    struct rate rate;
    uint64_t rate_opens_us;     /* nothing passes by the rate before; 0: not delayed */
    uint64_t hash;              /* of the system_id, the same on every machine */
    struct linkset *linksets;   /* list, by linkset.c; each has a reference */
    struct pool *pools;         /* list, by pool.c, of those that can be joined */
    uint32_t sessions;          /* that have a linkset */
    unsigned refs;
    struct registry_entry *entry;   /* referred to */
    size_t key_len;
    uint8_t key[];              /* the farm's address, then the system_id */
};

/* The account, made if it is new; the caller holds a reference. `entry` is its session's.
 * NULL: out of memory. */
MUST_USE struct account *
account_get(struct proxy *proxy, const struct conf_farm *conf, struct octets system_id,
            struct registry_entry *entry);

/* Gives the reference back. */
void
account_put(struct account *account);

#endif
