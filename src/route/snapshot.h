/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_SNAPSHOT_H
#define ROUTE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/conf.h"
#include "route/node_counts.h"

/*
 * What all workers know at a moment, in one struct that goes from worker to worker:
 * each adds its own. Whoever has it owns it.
 */

enum snapshot_list {
    SNAPSHOT_NO_LIST,
    SNAPSHOT_ACCOUNTS,
    SNAPSHOT_SESSIONS,
};

#define SNAPSHOT_NAME_SIZE 64
#define SNAPSHOT_FARMS_MAX (CONF_ROUTES_MAX + 1)
#define SNAPSHOT_LIST_MAX 500       /* rows at a time, lest a worker be kept for long */
#define SNAPSHOT_COUNTERS_MAX 96

struct snapshot_farm {
    struct node_counts *nodes;      /* one a node of the conf */
    uint32_t sets;                  /* long messages under way */
    uint64_t sets_begun;
    uint64_t sets_expired;
    uint64_t sets_evicted;
};

struct snapshot_account {
    size_t farm;
    char system_id[SNAPSHOT_NAME_SIZE];     /* escaped, cut */
    uint32_t sessions;
    uint32_t links;                 /* bound */
    uint32_t pending;               /* requests that nodes have not answered */
};

struct snapshot_session {
    uint64_t id;
    uint32_t worker;
    size_t listener;
    char system_id[SNAPSHOT_NAME_SIZE];     /* escaped, cut; "" until its bind */
    struct addr peer;
    const char *state;              /* a text that stays */
    const char *bind;               /* "transceiver"; "" until its bind */
    uint8_t version;                /* of the interface, as its bind says */
    bool tls;
    bool reads;                     /* we take what it sends */
    uint16_t farms[SNAPSHOT_FARMS_MAX];     /* that it is on; the first has judged its bind */
    uint32_t farm_count;            /* 0: it has not bound */
    uint32_t links;                 /* bound */
    uint64_t requests;
    uint64_t responses;
    uint64_t deliveries;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint32_t pending;               /* its requests that nodes have not answered */
    uint32_t window_open;           /* requests that it has not answered */
    uint32_t window_limit;
    size_t held_bytes;              /* what waits for its nodes */
    size_t held_down_bytes;         /* what waits for it */
    uint64_t age_ms;
    uint64_t idle_ms;               /* since a PDU that is no enquire_link */
};

/* A counter's name and what it means. */
struct snapshot_counter {
    const char *name;
    const char *meaning;
};

struct snapshot {
    struct conf *conf;              /* a reference; its order is that of the arrays */
    uint32_t workers;               /* that have added their own */
    uint32_t sessions;
    uint32_t sessions_bound;
    uint32_t streams;               /* client connections in TCP mode */
    uint32_t linksets;
    uint32_t accounts_open;
    uint64_t memory;                /* octets in use for buffers and requests */
    const struct snapshot_counter *counter_info;    /* NULL until the first worker */
    size_t counter_count;
    uint64_t counters[SNAPSHOT_COUNTERS_MAX];
    struct snapshot_farm *farms;
    uint64_t (*routes)[CONF_ROUTES_MAX];    /* messages, of each listener's routes */
    /* a part of a list, if one was asked for */
    enum snapshot_list list;
    char name[SNAPSHOT_NAME_SIZE];  /* only those of this system_id; "": all */
    size_t offset;                  /* so many are passed over */
    size_t limit;                   /* so many are wanted, at most SNAPSHOT_LIST_MAX */
    size_t total;                   /* of all that there are */
    size_t count;                   /* of rows below */
    struct snapshot_account *accounts;
    struct snapshot_session *rows;
};

/* An empty one. NULL: memory is short. */
MUST_USE struct snapshot *
snapshot_new(struct conf *conf, enum snapshot_list list, size_t offset, size_t limit);

/* Fine on NULL. */
void
snapshot_free(struct snapshot *snapshot);

/* Counts one more of the list; true if a row of it is wanted: the next one, to be
 * filled in by the caller. */
MUST_USE bool
snapshot_wants_row(struct snapshot *snapshot);

#endif
