/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NODE_H
#define DAEMON_NODE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "check/check.h"
#include "conf/conf.h"
#include "net/resolve.h"
#include "route/health.h"
#include "route/node_status.h"

/*
 * A node as the master sees it: its checks, its health, what an operator wants of it and
 * where its name points. What follows from these for the workers is its status; each
 * change of it is told by node_ops. The master's thread alone touches it.
 */

struct node;

/* A change of state, for the log and for whoever keeps a record. */
struct node_change {
    const char *from;           /* "up", "down", "ready", "drain" … */
    const char *to;
    const char *by;             /* "check", "traffic", "operator", "name", "configuration" */
    const char *why;
    uint64_t after_ms;          /* that it was in `from` */
};

struct node_ops {
    /* Tells the workers. False: out of memory, try again. */
    bool (*put_status)(struct node *node, const struct node_status *status);
    void (*on_change)(struct node *node, const struct node_change *change);
    /* It is up, or has been lost, or an operator wants it to serve: others may have to
     * stand down, or up again. */
    void (*on_came)(struct node *node);
    void (*on_went)(struct node *node);
};

#define NODE_WHY_SIZE 160

struct node_check {
    struct check *check;        /* NULL: none is running */
    struct node *node;
    bool known;                 /* it has had an outcome: */
    enum check_outcome outcome;
    uint64_t duration_us;
    uint64_t at_ms;
    char detail[96];
};

struct node {
    /* constant since birth */
    struct loop *loop;
    struct resolver *resolver;
    const struct node_ops *ops;
    void *owner;
    size_t farm_index;
    size_t index;
    /* the configuration's; changed by node_follow */
    const struct conf_farm *farm;
    const struct conf_node *conf;
    struct conf_check by_default;   /* where the configuration names no check */
    /* its health */
    struct health health;
    struct node_check *checks;      /* one for each of health's */
    uint64_t since_ms;              /* that it is in that state */
    char why[NODE_WHY_SIZE];        /* it came into it */
    uint64_t bound;                 /* a bit for each worker that has links to it */
    bool suspected;                 /* some links fail: a probe is to decide */
    uint64_t held_until_ms;         /* until then probes don't bring it up */
    uint64_t hold_ms;               /* the next such time */
    uint64_t held_ms;               /* when the last one began */
    /* an operator's will */
    enum node_admin admin;
    uint64_t admin_since_ms;
    int32_t weight;                 /* -1: the configuration's */
    /* the rest */
    bool stands_down;
    uint64_t stands_since_ms;
    bool spread;                    /* it starts with all others: probes are spread */
    uint32_t ramp;                  /* of NODE_RAMP_FULL */
    uint64_t ramp_at_ms;            /* its next step */
    struct resolve *resolve;        /* NULL: it has no name, or none that can be looked up */
    struct addr addr;
    struct node_status status;      /* that the workers were told last */
    bool told;
    ev_timer timer;                 /* the ramp, the hold, a mail that could not be sent */
};

/* False: out of memory; node_close is to be called nevertheless. */
MUST_USE bool
node_open(struct node *node);

void
node_close(struct node *node);

/* The configuration has changed: `farm` is its farm now. False: out of memory. */
MUST_USE bool
node_follow(struct node *node, const struct conf_farm *farm);

/* What a worker, of at most 64, has noticed. */
void
node_on_signal(struct node *node, uint32_t worker, enum node_signal signal);

void
node_set_admin(struct node *node, enum node_admin admin, const char *who);

/* -1: the configuration's again. */
void
node_set_weight(struct node *node, int32_t weight, const char *who);

void
node_set_stands_down(struct node *node, bool stands_down, const char *why);

/* Takes messages: it is up, and an operator wants nothing else. */
bool
node_serves(const struct node *node);

/* "links" where traffic is the check, else "tcp", "smpp" or "http". */
const char *
node_check_name(const struct node_check *check);

/* "emg/emg1"; valid until the next call. */
const char *
node_label(const struct node *node);

#endif
