/* SPDX-License-Identifier: ISC */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/conn.h"
#include "tls/client.h"
#include "tls/names.h"
#include "tls/server.h"

/*
 * Conns that speak TLS. All that one remembers is in its transport_data, which points
 * neither to the conn nor to its thread.
 */
extern const struct transport transport_tls;

/* Before conn_accept: the peer is a client of `server`, which is kept as long as the
 * conn is open. Memory that is short is told by on_end. */
void
tls_accept(struct conn *conn, struct tls_server *server);

/* Before conn_connect: the peer is the one that `client` is about. */
void
tls_connect(struct conn *conn, struct tls_client *client);

/* Before conn_accept or conn_connect, on a conn that may have spoken TLS before. */
void
tls_without(struct conn *conn);

/* "name='…' version=TLSv1.3 cipher=… resumed=no", the name of the peer's good
 * certificate escaped; "" where none is spoken.
 * Returns out. */
#define TLS_TEXT_SIZE 192
const char *
tls_text(const struct conn *conn, char out[static TLS_TEXT_SIZE]);

/* May the peer, by the names in its certificate, bind that system_id? */
bool
tls_permits(const struct conn *conn, const struct tls_names *names, const char *system_id);

#endif
