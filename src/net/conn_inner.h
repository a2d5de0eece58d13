/* SPDX-License-Identifier: ISC */
#ifndef NET_CONN_INNER_H
#define NET_CONN_INNER_H

#include "net/conn.h"

/* What conn.c and conn_cargo.c share, and nobody else uses. */

/* Gives the owner n octets, which stand at the beginning of the loop's scratch. */
void
conn_deliver(struct conn *conn, size_t n);

/* Reads for as long as the transport has octets that no poll will tell of. */
void
conn_read_more(struct conn *conn);

#endif
