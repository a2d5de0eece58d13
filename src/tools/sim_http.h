/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_HTTP_H
#define TOOLS_SIM_HTTP_H

#include "net/listener.h"

struct sim_node;

enum sim_http_mode {
#define SIM_HTTP_MODE(symbol, name) SIM_HTTP_##symbol,
#include "tools/sim_http_mode.def"
#undef SIM_HTTP_MODE
};

/* The administration port of a node, where it has one: a few pages of plain
 * text that tell how the node is. */
struct sim_http {
    struct listener listener;
    struct addr addr;           /* with the port that it got */
    struct sim_http_client *clients;
};

/* Listens; false with errno set. */
MUST_USE bool
sim_http_open(struct sim_node *node);

/* Fine when it was never opened. */
void
sim_http_close(struct sim_node *node);

/* A word of the control socket: a mode, a status, "connectors-down" or
 * "connectors-up". False: it is none. */
MUST_USE bool
sim_http_fault(struct sim_node *node, const char *word);

#endif
