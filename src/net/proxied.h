/* SPDX-License-Identifier: ISC */
#ifndef NET_PROXIED_H
#define NET_PROXIED_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/proxy_header.h"
#include "net/conn.h"

/*
 * Conns that begin with a PROXY header, ours or the peer's, ahead of whatever transport
 * they have: once the header is through nothing of it is left.
 */

struct proxied_ops {
    /*
     * The header has come, and names the client; a source without length is the
     * connection's own address: the peer says so, or sends no header. NULL: it is
     * wrong, and `why` says in which way; the conn then ends by itself. False: the conn
     * is to end. It must not be closed within.
     */
    bool (*on_header)(struct conn *conn, const struct proxy_header *header, const char *why);
};

enum proxied_mode {
    PROXIED_REQUIRED,
    PROXIED_OPTIONAL,
    PROXIED_UNTRUSTED,      /* a header is wrong, and on_header not called without one */
};

/* Before conn_accept and behind what else makes the conn's transport. */
void
proxied_accept(struct conn *conn, enum proxied_mode mode, const struct proxied_ops *ops);

/* Likewise before conn_connect: begins with a header for a client at source; as
 * proxy_header_write takes both. */
void
proxied_connect(struct conn *conn, const struct addr *source, const struct addr *dest);

#endif
