/* SPDX-License-Identifier: ISC */
#ifndef PROXY_GATE_H
#define PROXY_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "conf/conf.h"
#include "proxy/counters.h"
#include "route/rate.h"

/*
 * Who is let in: one gate for all workers. It counts connections, in all and of each
 * address, and keeps in mind whose binds have failed. Any thread may call; a lock is taken
 * when a connection comes, binds or goes, and only where the listener has limits by
 * address or rate. The table of addresses is bounded: one that nobody is
 * connected from makes way for a new one. Addresses of IPv6 are known by their first 64 bits,
 * for one host has as many.
 */

enum gate_refusal {
    GATE_OPEN,
#define REFUSAL(symbol, counter, words) GATE_##symbol,
#include "proxy/gate_refusal.def"
#undef REFUSAL
};

#define GATE_ADDRESSES 65536    /* remembered at most */

struct gate_entry;
struct gate_ban;

struct gate_listener {
    _Atomic uint32_t connections;
    struct rate binds;              /* under the lock */
};

struct gate {
    pthread_mutex_t lock;
    struct gate_entry *entries;     /* hash; under the lock, as is the next one */
    struct gate_entry *idle;        /* list: those without a connection, the oldest first */
    struct gate_ban *bans;          /* list, the newest last; some may be over already */
    uint64_t ban_serial;            /* the last one's */
    _Atomic uint32_t connections;
    _Atomic uint32_t max_connections;
    struct gate_listener *listeners;
};

/* What a connection holds of the gate until gate_leave. */
struct gate_pass {
    struct gate *gate;              /* NULL: nothing */
    uint32_t listener;
    struct gate_entry *entry;       /* of its address, where one is kept */
};

/* False: out of memory. */
MUST_USE bool
gate_init(struct gate *gate, const struct conf *conf);

/* Everybody has left. Fine where init has failed. */
void
gate_fini(struct gate *gate);

/* The configuration has changed; its listeners have kept their places. */
void
gate_follow(struct gate *gate, const struct conf *conf);

/* A connection has come. Unless it is refused the pass is its own from here on. */
MUST_USE enum gate_refusal
gate_knock(struct gate *gate, const struct conf_listener *listener, struct gate_pass *pass);

/* It is known where the client is, which may be told by a PROXY header. Once only; if
 * refused, the connection still has to leave. */
MUST_USE enum gate_refusal
gate_identify(struct gate_pass *pass, const struct conf_listener *listener,
              const struct addr *client, uint64_t now_us);

/* It wants to bind. */
MUST_USE enum gate_refusal
gate_bind(struct gate_pass *pass, const struct conf_listener *listener, uint64_t now_us);

/* A node, or its certificate, has refused the bind of whoever sits there; `why` is for whoever
 * looks at bans. True: the address is banned now. */
bool
gate_bind_failed(struct gate_pass *pass, const struct conf_listener *listener, const char *why,
                 uint64_t now_us);

/* The connection has ended; fine on an empty pass. */
void
gate_leave(struct gate_pass *pass, uint64_t now_us);

const char *
gate_refusal_words(enum gate_refusal refusal);

void
gate_count(struct counters *counters, enum gate_refusal refusal);

/*
 * Bans, for whoever shows and lifts them.
 */

#define GATE_WHY_SIZE 128

struct gate_ban {
    struct cidr net;            /* an address, or the 64 bits of IPv6 */
    uint32_t listener;          /* where the bind failed that was one too many */
    uint32_t failures;
    uint64_t since_us;
    uint64_t until_us;
    uint64_t serial;            /* 1, 2, 3 …: newer ones have higher ones */
    char why[GATE_WHY_SIZE];    /* the last failure's; as it was given, cut */
    struct gate_ban *prev;      /* the gate's */
    struct gate_ban *next;
};

/* Copies at most `room` of them, the newest first, behind the first `skip`; returns how many
 * there are. */
size_t
gate_bans(struct gate *gate, uint64_t now_us, size_t skip, struct gate_ban *bans, size_t room);

/* The serial of the newest ban ever. */
uint64_t
gate_ban_serial(struct gate *gate);

/* Lifts that of an address, or (NULL) all; returns how many. */
size_t
gate_lift(struct gate *gate, const struct addr *addr, uint64_t now_us);

#endif
