/* SPDX-License-Identifier: ISC */
#include "proxy/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/table.h"

#define LOOKS 8     /* entries that are looked at to make way for one */

/* One address. */
struct gate_entry {
    UT_hash_handle hh;
    uint8_t key[CIDR_KEY_SIZE];
    uint32_t connections;
    uint32_t failures;          /* of binds, since the window began */
    uint64_t window_us;         /* when it ends */
    uint64_t banned_us;         /* until then; 0: it isn't */
    struct gate_ban *ban;       /* what is told of it; NULL: there is none, or memory was short */
    struct rate binds;
    struct gate_entry *prev;    /* utlist, in gate->idle while connections is 0 */
    struct gate_entry *next;
};

const char *
gate_refusal_words(enum gate_refusal refusal)
{
    static const char *const words[] = {
        "",
#define REFUSAL(symbol, counter, text) text,
#include "proxy/gate_refusal.def"
#undef REFUSAL
    };

    return words[refusal];
}

void
gate_count(struct counters *counters, enum gate_refusal refusal)
{
    switch (refusal) {
    case GATE_OPEN:
        break;
#define REFUSAL(symbol, counter, words) \
    case GATE_##symbol: \
        counters->counter++; \
        break;
#include "proxy/gate_refusal.def"
#undef REFUSAL
    }
}

bool
gate_init(struct gate *gate, const struct conf *conf)
{
    memset(gate, 0, sizeof(*gate));
    gate->listeners = calloc(conf->listener_count, sizeof(*gate->listeners));
    if (gate->listeners == NULL)
        return false;
    pthread_mutex_init(&gate->lock, NULL);
    gate_follow(gate, conf);
    return true;
}

static void
forget_ban(struct gate *gate, struct gate_entry *entry)
{
    if (entry->ban == NULL)
        return;
    DL_DELETE(gate->bans, entry->ban);
    free(entry->ban);
    entry->ban = NULL;
}

static void
forget(struct gate *gate, struct gate_entry *entry)
{
    forget_ban(gate, entry);
    DL_DELETE(gate->idle, entry);
    HASH_DELETE(hh, gate->entries, entry);
    free(entry);
}

void
gate_fini(struct gate *gate)
{
    if (gate->listeners == NULL)
        return;
    while (gate->idle != NULL)
        forget(gate, gate->idle);
    ensure(gate->entries == NULL && atomic_load(&gate->connections) == 0);
    pthread_mutex_destroy(&gate->lock);
    free(gate->listeners);
    memset(gate, 0, sizeof(*gate));
}

void
gate_follow(struct gate *gate, const struct conf *conf)
{
    atomic_store_explicit(&gate->max_connections, conf->max_connections, memory_order_relaxed);
}

/*
 * The table of addresses, under the lock.
 */

/* Nothing is known of it that somebody else wouldn't be granted. */
static bool
is_stale(const struct gate_entry *entry, uint64_t now_us)
{
    return entry->banned_us <= now_us && entry->window_us <= now_us &&
           entry->binds.filled_us + 1000000 <= now_us;
}

/* Frees what is stale among the first of the idle ones; the others go behind the rest. When
 * the table is full one is freed in any case, if need be one that is banned. */
static void
make_way(struct gate *gate, uint64_t now_us)
{
    bool full = HASH_COUNT(gate->entries) >= GATE_ADDRESSES;
    struct gate_entry *entry;
    int i;

    for (i = 0; i < LOOKS && (entry = gate->idle) != NULL; i++) {
        if (is_stale(entry, now_us) || (full && (entry->banned_us <= now_us || i == LOOKS - 1))) {
            forget(gate, entry);
            full = false;
        } else {
            DL_DELETE(gate->idle, entry);
            DL_APPEND(gate->idle, entry);
        }
    }
}

/* NULL: there is no room, and the address stays unknown. */
static struct gate_entry *
add(struct gate *gate, const uint8_t *key, uint64_t now_us)
{
    struct gate_entry *entry;

    make_way(gate, now_us);
    if (HASH_COUNT(gate->entries) >= GATE_ADDRESSES)
        return NULL;
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    memcpy(entry->key, key, CIDR_KEY_SIZE);
    HASH_ADD(hh, gate->entries, key, CIDR_KEY_SIZE, entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
        return NULL;
    }
    DL_APPEND(gate->idle, entry);
    return entry;
}

/* IPv4 whole, IPv6 by its first half. False: it has no address. */
static bool
make_key(const struct addr *addr, uint8_t key[static CIDR_KEY_SIZE])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

    if (!cidr_key(addr, key))
        return false;
    if (memcmp(key, mapped, sizeof(mapped)) != 0)
        memset(key + CIDR_KEY_SIZE / 2, 0, CIDR_KEY_SIZE / 2);
    return true;
}

static struct gate_entry *
find(struct gate *gate, const uint8_t *key)
{
    struct gate_entry *entry;

    HASH_FIND(hh, gate->entries, key, CIDR_KEY_SIZE, entry);
    return entry;
}

/*
 * Connections.
 */

/* Counts one more, unless there are `max` already. */
static bool
count_in(_Atomic uint32_t *count, uint32_t max)
{
    uint32_t before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);

    if (max == 0 || before < max)
        return true;
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

enum gate_refusal
gate_knock(struct gate *gate, const struct conf_listener *listener, struct gate_pass *pass)
{
    uint32_t max = atomic_load_explicit(&gate->max_connections, memory_order_relaxed);

    *pass = (struct gate_pass){0};
    if (!count_in(&gate->connections, max))
        return GATE_FULL;
    if (!count_in(&gate->listeners[listener->index].connections, listener->max_connections)) {
        atomic_fetch_sub_explicit(&gate->connections, 1, memory_order_relaxed);
        return GATE_LISTENER_FULL;
    }
    pass->gate = gate;
    pass->listener = listener->index;
    return GATE_OPEN;
}

/* Under the lock: an address that is known, or isn't (NULL). */
static enum gate_refusal
enter(struct gate_pass *pass, struct gate_entry *entry, uint32_t max, uint64_t now_us)
{
    if (entry == NULL)
        return GATE_OPEN;
    if (entry->banned_us > now_us)
        return GATE_BANNED;
    if (max > 0 && entry->connections >= max)
        return GATE_ADDRESS_FULL;
    if (entry->connections++ == 0)
        DL_DELETE(pass->gate->idle, entry);
    pass->entry = entry;
    return GATE_OPEN;
}

enum gate_refusal
gate_identify(struct gate_pass *pass, const struct conf_listener *listener,
              const struct addr *client, uint64_t now_us)
{
    struct gate *gate = pass->gate;
    uint8_t key[CIDR_KEY_SIZE];
    struct gate_entry *entry;
    enum gate_refusal refusal;

    if (cidr_list_has(&listener->deny, client))
        return GATE_DENIED;
    if (listener->allow.count > 0 && !cidr_list_has(&listener->allow, client))
        return GATE_NOT_ALLOWED;
    if ((listener->max_per_address == 0 && listener->bind_rate_per_address == 0 &&
         listener->ban == 0) || !make_key(client, key))
        return GATE_OPEN;
    pthread_mutex_lock(&gate->lock);
    entry = find(gate, key);
    if (entry == NULL)
        entry = add(gate, key, now_us);
    refusal = enter(pass, entry, listener->max_per_address, now_us);
    pthread_mutex_unlock(&gate->lock);
    return refusal;
}

void
gate_leave(struct gate_pass *pass, uint64_t now_us)
{
    struct gate *gate = pass->gate;
    struct gate_entry *entry = pass->entry;

    if (gate == NULL)
        return;
    if (entry != NULL) {
        pthread_mutex_lock(&gate->lock);
        ensure(entry->connections > 0);
        if (--entry->connections == 0) {
            DL_APPEND(gate->idle, entry);
            if (is_stale(entry, now_us))
                forget(gate, entry);
        }
        pthread_mutex_unlock(&gate->lock);
    }
    atomic_fetch_sub_explicit(&gate->listeners[pass->listener].connections, 1,
                              memory_order_relaxed);
    atomic_fetch_sub_explicit(&gate->connections, 1, memory_order_relaxed);
    *pass = (struct gate_pass){0};
}

/*
 * Binds.
 */

enum gate_refusal
gate_bind(struct gate_pass *pass, const struct conf_listener *listener, uint64_t now_us)
{
    enum gate_refusal refusal = GATE_OPEN;
    uint32_t own = pass->entry != NULL ? listener->bind_rate_per_address : 0;

    if (own == 0 && listener->bind_rate == 0)
        return GATE_OPEN;
    pthread_mutex_lock(&pass->gate->lock);
    if (own > 0 && !rate_take(&pass->entry->binds, own, now_us))
        refusal = GATE_ADDRESS_BIND_RATE;
    else if (listener->bind_rate > 0 &&
             !rate_take(&pass->gate->listeners[pass->listener].binds, listener->bind_rate, now_us))
        refusal = GATE_BIND_RATE;
    pthread_mutex_unlock(&pass->gate->lock);
    return refusal;
}

static struct cidr
net_of(const struct gate_entry *entry)
{
    static const uint8_t mapped[2] = {0xFF, 0xFF};
    struct cidr net;

    memcpy(net.key, entry->key, CIDR_KEY_SIZE);
    net.bits = memcmp(entry->key + 10, mapped, sizeof(mapped)) == 0 ? 128 : 64;
    return net;
}

/* Under the lock. Where memory is short it is a ban that nobody is told of. */
static void
ban(struct gate *gate, struct gate_entry *entry, const struct conf_listener *listener,
    const char *why, uint64_t now_us)
{
    entry->banned_us = now_us + (uint64_t)listener->ban_time_ms * 1000;
    entry->window_us = 0;
    forget_ban(gate, entry);
    gate->ban_serial++;
    entry->ban = malloc(sizeof(*entry->ban));
    if (entry->ban == NULL)
        return;
    *entry->ban = (struct gate_ban){
        .net = net_of(entry), .listener = listener->index, .failures = entry->failures,
        .since_us = now_us, .until_us = entry->banned_us, .serial = gate->ban_serial,
    };
    snprintf(entry->ban->why, sizeof(entry->ban->why), "%s", why);
    DL_APPEND(gate->bans, entry->ban);
}

bool
gate_bind_failed(struct gate_pass *pass, const struct conf_listener *listener, const char *why,
                 uint64_t now_us)
{
    struct gate_entry *entry = pass->entry;
    bool banned;

    if (entry == NULL || listener->ban == 0)
        return false;
    pthread_mutex_lock(&pass->gate->lock);
    if (entry->window_us <= now_us) {
        entry->failures = 0;
        entry->window_us = now_us + (uint64_t)listener->ban_window_ms * 1000;
    }
    banned = ++entry->failures >= listener->ban && entry->banned_us <= now_us;
    if (banned)
        ban(pass->gate, entry, listener, why, now_us);
    pthread_mutex_unlock(&pass->gate->lock);
    return banned;
}

size_t
gate_bans(struct gate *gate, uint64_t now_us, size_t skip, struct gate_ban *bans, size_t room)
{
    const struct gate_ban *one;
    size_t n = 0;

    pthread_mutex_lock(&gate->lock);
    one = gate->bans != NULL ? gate->bans->prev : NULL;
    for (; one != NULL; one = one == gate->bans ? NULL : one->prev) {
        if (one->until_us <= now_us)
            continue;
        if (n >= skip && n - skip < room)
            bans[n - skip] = *one;
        n++;
    }
    pthread_mutex_unlock(&gate->lock);
    return n;
}

uint64_t
gate_ban_serial(struct gate *gate)
{
    uint64_t serial;

    pthread_mutex_lock(&gate->lock);
    serial = gate->ban_serial;
    pthread_mutex_unlock(&gate->lock);
    return serial;
}

static size_t
lift(struct gate *gate, struct gate_entry *entry, uint64_t now_us)
{
    bool banned = entry->banned_us > now_us;

    forget_ban(gate, entry);
    entry->banned_us = entry->window_us = 0;
    return banned;
}

size_t
gate_lift(struct gate *gate, const struct addr *addr, uint64_t now_us)
{
    uint8_t key[CIDR_KEY_SIZE];
    struct gate_entry *entry;
    size_t n = 0;

    pthread_mutex_lock(&gate->lock);
    if (addr == NULL) {
        for (entry = gate->entries; entry != NULL; entry = entry->hh.next)
            n += lift(gate, entry, now_us);
    } else if (make_key(addr, key) && (entry = find(gate, key)) != NULL) {
        n = lift(gate, entry, now_us);
    }
    pthread_mutex_unlock(&gate->lock);
    return n;
}
