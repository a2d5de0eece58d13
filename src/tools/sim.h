/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_H
#define TOOLS_SIM_H

#include "net/loop.h"
#include "tools/sim_control.h"
#include "tools/sim_events.h"
#include "tools/sim_log.h"
#include "tools/sim_options.h"

struct sim_node;
struct sim_session;

/* The program: one loop, its nodes, and what they share. */
struct sim {
    struct sim_options options;
    struct loop loop;
    struct sim_events events;
    struct sim_log log;
    struct sim_control control;
    struct sim_node *nodes;
    struct sim_session **sessions;  /* by struct sim_ref; NULL: free */
    uint32_t session_cap;
    uint32_t free_hint;             /* no free place below it */
    uint32_t next_serial;
    uint64_t random;
    ev_signal on_term;
    ev_signal on_int;
};

/* 64 random bits, the same after the same --seed. */
static inline uint64_t
sim_random(struct sim *sim)
{
    sim->random ^= sim->random << 13;
    sim->random ^= sim->random >> 7;
    sim->random ^= sim->random << 17;
    return sim->random;
}

/* From 0 to below 1. */
static inline double
sim_random_share(struct sim *sim)
{
    return (double)(sim_random(sim) >> 11) * 0x1p-53;
}

#endif
