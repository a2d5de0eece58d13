/* SPDX-License-Identifier: ISC */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/ensure.h"
#include "tls/expiry.h"
#include "tls/settings.h"

/*
 * The server's side of TLS, as a listener needs it: one certificate, and further
 * ones for other names. It doesn't change once it is shared; threads share it by
 * references, and connections keep theirs when the configuration has another.
 */
struct tls_server;

/* `label` tells sessions of this server from those of others. NULL: *error says why. */
MUST_USE struct tls_server *
tls_server_new(const struct tls_settings *settings, const char *label, struct tls_error *error);

/* A further certificate, for clients that ask for a name that it has. Of the
 * settings only the certificate and its key count. */
MUST_USE bool
tls_server_add(struct tls_server *server, const struct tls_settings *settings,
               struct tls_error *error);

struct tls_server *
tls_server_ref(struct tls_server *server);

/* Fine on NULL. */
void
tls_server_unref(struct tls_server *server);

/* For one connection. NULL: memory is short. */
MUST_USE SSL *
tls_server_ssl(struct tls_server *server);

/* When its certificates and lists end. */
const struct tls_expiry *
tls_server_expiries(const struct tls_server *server);

#endif
