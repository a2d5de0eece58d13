/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_NODE_H
#define TOOLS_SIM_NODE_H

#include <uthash.h>

#include "net/listener.h"
#include "tls/server.h"
#include "tools/sim.h"
#include "tools/sim_http.h"
#include "tools/sim_ids.h"

enum sim_counter {
#define SIM_COUNTER(symbol, name) SIM_##symbol,
#include "tools/sim_counter.def"
#undef SIM_COUNTER
    SIM_COUNTERS,
};

/* What is wrong with a node at the moment; all zero: nothing. */
struct sim_faults {
    bool hang;              /* nothing is answered */
    bool hang_responses;    /* only enquire_link, bind and unbind are */
    bool silent_enquire;    /* all but enquire_link is */
    bool stop_reading;
    bool trickle;           /* one octet at a time */
    uint32_t slow_octets;   /* read per second; 0: as they come */
    uint32_t bind_status;   /* SMPP_ROK: binds are accepted */
    struct sim_error error; /* beside those of the options */
    bool deaf;              /* nothing is accepted, and the queue is full */
    enum sim_http_mode http_mode;
    unsigned http_status;   /* 0: as the page has it */
    bool http_connectors_down;
};

/* deliver_sm that wait, in order. */
struct sim_queue {
    struct sim_deliver *first;
    struct sim_deliver **last;
    size_t count;
};

/* All sessions of one system_id at one node; lives as long as the node. */
struct sim_account {
    UT_hash_handle hh;
    struct sim_node *node;
    unsigned bound;                 /* sessions */
    struct sim_session *receivers;  /* a ring; the next in turn */
    struct sim_queue queue;         /* waits for a receiver */
    char system_id[];
};

#define SIM_REFUSALS 16
#define SIM_FILLERS 4

/* One simulated gateway. */
struct sim_node {
    struct sim_node *next;
    struct sim *sim;
    const struct sim_node_options *options;
    struct addr addr;           /* with the port that it got */
    struct listener listener;
    int fillers[SIM_FILLERS];   /* while deaf: connections to itself; -1: none */
    struct sim_http http;
    struct tls_server *tls;     /* NULL: plain */
    struct sim_latency latency;
    struct sim_faults faults;
    struct sim_ids ids;
    struct sim_account *accounts;
    struct sim_session *sessions;
    unsigned session_count;
    unsigned bound[3];          /* by sim_bound_index: transmitters, receivers, transceivers */
    struct sim_event slow;      /* gives slow readers their octets */
    bool slow_runs;
    uint64_t counters[SIM_COUNTERS];
    struct sim_refusal {
        uint32_t status;
        uint64_t count;
    } refusals[SIM_REFUSALS];   /* the last takes what finds no place */
};

/* Listens; false with errno set. */
MUST_USE bool
sim_node_open(struct sim_node *node, struct sim *sim, const struct sim_node_options *options);

/* Ends its sessions and frees what it owns. */
void
sim_node_close(struct sim_node *node);

/* Listens (again), at the same address. */
MUST_USE bool
sim_node_listen(struct sim_node *node);

/* Accepts nothing any more and has its queue full, so that the system answers no
 * SYN; and the end of that. False: errno says why. */
MUST_USE bool
sim_node_deafen(struct sim_node *node);

void
sim_node_hear(struct sim_node *node);

/* NULL: there is none of that name. */
struct sim_node *
sim_node_find(struct sim *sim, const char *name);

/* The account, made when it isn't there yet; NULL: out of memory. */
struct sim_account *
sim_node_account(struct sim_node *node, const char *system_id);

/* A bind's verdict. */
uint32_t
sim_node_admit(struct sim_node *node, const char *system_id, const char *password);

/* The status that chance has for a message; SMPP_ROK: it is taken. */
uint32_t
sim_node_chance(struct sim_node *node);

/* How long this message takes. */
uint64_t
sim_node_latency_us(struct sim_node *node);

static inline void
sim_count(struct sim_node *node, enum sim_counter counter)
{
    node->counters[counter]++;
}

void
sim_count_refusal(struct sim_node *node, uint32_t status);

#endif
