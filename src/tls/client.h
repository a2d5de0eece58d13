/* SPDX-License-Identifier: ISC */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/ensure.h"
#include "tls/expiry.h"
#include "tls/settings.h"

/*
 * The client's side of TLS towards one peer: how it is spoken, which name the
 * peer's certificate must have, and the last session, to be resumed. Threads share
 * it by references.
 */
struct tls_client;

/* `host`, a name or an IP address, is what the peer is asked for and must prove to
 * be. NULL: *error says why. */
MUST_USE struct tls_client *
tls_client_new(const struct tls_settings *settings, const char *host, struct tls_error *error);

/* With the same settings, towards another peer. NULL: memory is short. */
MUST_USE struct tls_client *
tls_client_towards(const struct tls_client *like, const char *host);

struct tls_client *
tls_client_ref(struct tls_client *client);

/* Fine on NULL. */
void
tls_client_unref(struct tls_client *client);

/* For one connection. NULL: memory is short. The client must outlive it. */
MUST_USE SSL *
tls_client_ssl(struct tls_client *client);

/* When its own certificate and the revocation lists end. */
const struct tls_expiry *
tls_client_expiries(const struct tls_client *client);

#endif
