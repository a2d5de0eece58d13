/* SPDX-License-Identifier: ISC */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/handle.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/pipes.h"
#include "proxy/ahead.h"
#include "proxy/counters.h"
#include "route/node_status.h"
#include "route/senders.h"
#include "smpp/pdu.h"

struct account;
struct gate;
struct registry;
struct farm;
struct session;
struct session_move;
struct stream;
struct linkset;
struct tap;

/*
 * All that the sessions and links of one worker share. One thread touches it,
 * so nothing in it has a lock.
 */
struct proxy {
    /* constant since birth */
    struct loop *loop;
    struct registry *registry;      /* whose account is whose; all workers' */
    uint32_t worker;                /* our number in it */
    struct gate *gate;              /* all workers' */
    /* this thread's */
    struct tap *taps;               /* list, by tap.c; NULL: nothing is traced */
    struct handle_table session_table;
    struct handle_table link_table;
    struct session *sessions;       /* list, by session.c */
    uint32_t session_count;
    uint32_t bound_count;           /* those of them that are bound */
    struct stream *streams;         /* list, by stream.c */
    uint32_t stream_count;
    struct pipes pipes;             /* of the streams */
    ev_timer sweep;                 /* while streams are drained */
    uint32_t linkset_count;         /* sessions end before their linksets do */
    struct account *accounts;       /* hash, by account.c */
    struct farm *farms;             /* list, by farm.c */
    const struct conf *conf;        /* that they have; the worker's reference */
    uint64_t (*route_counts)[CONF_ROUTES_MAX];  /* messages, of each listener's routes */
    const struct conf *now;         /* while a change to the next is prepared, or NULL */
    const struct conf *next;
    uint64_t rerouted_until_ms;     /* parts may belong to sets that older routes have placed */
    uint64_t ids;                   /* that were given here */
    bool draining;
    bool empty;                     /* on_empty was called */
    uint64_t pool_ids;
    uint8_t secret[32];             /* keys the hash of passwords; random, ours alone */
    struct counters counters;
    struct senders senders;
    struct ahead ahead;             /* empty between batches of one session */
    uint8_t rewrite[PDU_MAX + 256]; /* a PDU that is not passed as it came */
    /* Called once, when draining and the last session and linkset has ended. */
    void (*on_empty)(struct proxy *proxy);
    /* What traffic tells of a node of the farm; NULL: nobody wants to know. */
    void (*on_node_signal)(struct proxy *proxy, size_t farm, size_t node,
                           enum node_signal signal);
    /* A session is to go on at the worker that its account lives on. */
    void (*on_move)(struct proxy *proxy, struct session_move *move);
    void *owner;
};

void
proxy_init(struct proxy *proxy, struct loop *loop, struct registry *registry, struct gate *gate,
           uint32_t worker);

/* What a farm becomes by the change that is prepared; NULL: none is. */
static inline const struct conf_farm *
proxy_next_farm(const struct proxy *proxy, const struct conf_farm *farm)
{
    return proxy->next != NULL ? &proxy->next->farms[farm - proxy->now->farms] : NULL;
}

/* All sessions and linksets must have ended. */
void
proxy_fini(struct proxy *proxy);

/* No new sessions are taken; those that are open get their responses and are
 * then unbound. on_empty tells the end. */
void
proxy_drain(struct proxy *proxy);

/* Answers what is open and ends everything at once. */
void
proxy_stop(struct proxy *proxy);

/* A number for a session or a stream, that no other worker gives. */
uint64_t
proxy_next_id(struct proxy *proxy);

/* For session.c, stream.c and linkset.c: one of them has ended. */
void
proxy_check_empty(struct proxy *proxy);

#endif
