/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_CONTROL_H
#define TOOLS_SIM_CONTROL_H

#include "net/listener.h"

struct sim;

/* The socket that takes commands, a line each, and answers each with a line. */
struct sim_control {
    struct listener listener;
    struct addr addr;
    struct sim_control_client *clients;
};

/* Listens; false with errno set. */
MUST_USE bool
sim_control_open(struct sim_control *control, struct sim *sim, const struct addr *addr);

/* Fine when it was never opened. */
void
sim_control_close(struct sim_control *control);

#endif
