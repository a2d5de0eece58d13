/* SPDX-License-Identifier: ISC */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"
#include "conf/conf.h"
#include "net/loop.h"

/*
 * A check: one way of probing one node, over and over. It tells how each probe
 * ended and how long it took; what follows from that (up, down, how fast to go
 * on) is its owner's. It lives on one loop and never blocks it; of one check
 * there is one probe at a time.
 */

enum check_outcome {
#define OUTCOME(symbol, name, verdict, words) CHECK_##symbol,
#include "check/outcome.def"
#undef OUTCOME
};

#define CHECK_OUTCOMES (CHECK_NO_PORT + 1)

/* What an outcome says of the node. */
enum check_verdict {
    CHECK_SUCCESS,
    CHECK_FAILURE,
    CHECK_NONE,     /* nothing: the fault is ours; counts neither way */
};

enum check_verdict
check_verdict(enum check_outcome outcome);

/* "passed", "connect-refused" … */
const char *
check_outcome_name(enum check_outcome outcome);

/* The same in words. */
const char *
check_outcome_words(enum check_outcome outcome);

/* Which of the check's intervals lies between two probes. */
enum check_pace {
    CHECK_PACE_STEADY,  /* interval: the node is up, and nothing is amiss */
    CHECK_PACE_FAST,    /* fast-interval: it is on its way up or down */
    CHECK_PACE_DOWN,    /* down-interval */
};

struct check_result {
    enum check_outcome outcome;
    const char *detail;     /* what else is known, fit for a log line: "status=ESME_RBINDFAIL";
                               may be "". Valid during the call */
    uint64_t duration_us;   /* from connecting to the outcome */
};

struct check;

struct check_ops {
    /* A probe has ended. The check may be closed, hurried, or given another pace
     * or address within. */
    void (*on_result)(struct check *check, const struct check_result *result);
};

struct check_options {
    const struct conf_check *conf;  /* must outlive the check */
    const struct addr *node;        /* the node's address (copied); NULL: not known yet */
    bool send_proxy;                /* conf_check_sends_proxy's: begin with a PROXY header */
    struct tls_client *tls;         /* conf_check_client's (it is kept); NULL: plain */
    const struct check_ops *ops;
    void *owner;
    /* The first probes of `count` checks are spread over their interval; this is
     * number `place` of them, from 0. */
    size_t place, count;
};

/* Begins to probe. NULL: no memory. */
MUST_USE struct check *
check_open(struct loop *loop, const struct check_options *options);

/* No callback comes any more; freed behind the batch. Fine on NULL. */
void
check_close(struct check *check);

/* As given with the options. */
void *
check_owner(const struct check *check);

const struct conf_check *
check_conf(const struct check *check);

/* A new check goes at CHECK_PACE_FAST until it is told otherwise. The next probe
 * comes sooner if need be. */
void
check_set_pace(struct check *check, enum check_pace pace);

/* Probe soon: there are signs that the node has changed. Costs one probe,
 * however often it is called. */
void
check_hurry(struct check *check);

/* The node has another address now; NULL: none. A probe of the old one that is
 * under way is forgotten. Where the configuration names an address for the
 * check it stays. */
void
check_put_address(struct check *check, const struct addr *node);

#endif
