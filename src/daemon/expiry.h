/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_EXPIRY_H
#define DAEMON_EXPIRY_H

#include "conf/conf.h"
#include "net/loop.h"

/* Warns of certificates and revocation lists that end soon: when they are taken
 * into use, and once a day. */
struct expiry {
    struct loop *loop;
    const struct conf *conf;    /* the owner's */
    ev_timer timer;
};

/* Looks at conf now and daily; again with another one. */
void
expiry_watch(struct expiry *expiry, struct loop *loop, const struct conf *conf);

void
expiry_stop(struct expiry *expiry);

#endif
