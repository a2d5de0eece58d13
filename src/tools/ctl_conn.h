/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_CONN_H
#define TOOLS_CTL_CONN_H

#include <stdint.h>
#include <sys/types.h>

#include "net/conn.h"
#include "tools/ctl.h"

/* A connection to the status endpoint, plain or TLS; blocks, until a moment at most. */

#define CTL_WHY_SIZE 256

struct ctl_conn {
    struct conn conn;           /* its descriptor and its transport alone; on no loop */
    int64_t until_ms;           /* by ctl_now_ms; may be put off */
    char why[CTL_WHY_SIZE];     /* behind a failure */
};

/* By a clock that nobody sets. */
int64_t
ctl_now_ms(void);

/* False: `why` says why. ctl_conn_close is to be called in any case. */
MUST_USE bool
ctl_conn_open(struct ctl_conn *it, const struct ctl *ctl, int64_t until_ms);

MUST_USE bool
ctl_conn_send(struct ctl_conn *it, const char *bytes, size_t n);

/* How many octets have come; 0: the end; -1: it has failed. */
ssize_t
ctl_conn_receive(struct ctl_conn *it, char *bytes, size_t size);

void
ctl_conn_close(struct ctl_conn *it);

#endif
