/* SPDX-License-Identifier: ISC */
#ifndef BASE_PROXY_HEADER_H
#define BASE_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"

/*
 * The PROXY protocol, versions 1 and 2: the header with which a load balancer begins a
 * connection that it makes on behalf of a client. Octets in, facts out.
 */

#define PROXY_HEADER_MAX 536    /* octets; no more are taken, extensions included */
#define PROXY_HEADER_OUT 52     /* the largest that is written */

enum proxy_header_end {
    PROXY_HEADER_PARTIAL,       /* so far it is one, but more must come */
    PROXY_HEADER_WHOLE,
    PROXY_HEADER_NONE,          /* these octets don't begin one */
    PROXY_HEADER_BAD,           /* they do, but it is wrong */
};

struct proxy_header {
    size_t length;              /* WHOLE: octets of it */
    struct addr source;         /* the client; its len is 0: the connection's own */
    struct addr dest;           /* where it had connected to; likewise */
    const char *why;            /* BAD: what is wrong, in a few words */
};

/* Looks at the first n octets of a connection. */
enum proxy_header_end
proxy_header_parse(const uint8_t *bytes, size_t n, struct proxy_header *header);

/* Does a connection that begins with this octet begin with a header, or with
 * something that looks like one at first? */
bool
proxy_header_begins(uint8_t first);

/*
 * Writes a header of version 2 for a client at `source` that had connected to `dest`
 * (which counts if it is of the same family). NULL, or no address of IP: the connection
 * is our own affair ("LOCAL"). Returns its length.
 */
size_t
proxy_header_write(uint8_t out[static PROXY_HEADER_OUT], const struct addr *source,
                   const struct addr *dest);

#endif
