/* SPDX-License-Identifier: ISC */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"
#include "net/loop.h"

/*
 * Host names, looked up again and again without blocking the loop: in the hosts
 * file, then by DNS. Of several addresses that a name has, the one that is in use
 * stays for as long as the name has it.
 */

/* The way to the name servers; one a loop is enough. */
struct resolver;

/* `server`: IP, IP:PORT or [IPV6]:PORT of a name server; "": those of the system.
 * NULL: *why says what is wrong. */
MUST_USE struct resolver *
resolver_open(struct loop *loop, const char *server, const char **why);

/* All of its names must be closed before. Fine on NULL. */
void
resolver_close(struct resolver *resolver);

struct resolve_result {
    const struct addr *addr;    /* with the port; the last good one while `error` is set. NULL:
                                   there has been none yet. Valid during the call */
    bool changed;               /* it is not the one that was told last */
    size_t count;               /* addresses that the name has now; 0 with an error */
    const char *error;          /* NULL, or why there was no answer, in words */
};

/* A name that is looked up. */
struct resolve;

/*
 * Looks host up at once, and `interval_ms` after each answer, give or take a quarter
 * (0: no more after the first); while there is none it tries sooner, with growing
 * pauses. on_result tells of every answer and every failure, never within this call;
 * within on_result the name may be closed. NULL: no memory.
 */
MUST_USE struct resolve *
resolve_open(struct resolver *resolver, const char *host, uint16_t port, uint64_t interval_ms,
             void (*on_result)(struct resolve *resolve, const struct resolve_result *result),
             void *owner);

/* No callback comes any more. Fine on NULL. */
void
resolve_close(struct resolve *resolve);

/* Look it up now, unless that is under way. */
void
resolve_hurry(struct resolve *resolve);

void *
resolve_owner(const struct resolve *resolve);

const char *
resolve_host(const struct resolve *resolve);

#endif
