/* SPDX-License-Identifier: ISC */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/ensure.h"
#include "tls/expiry.h"
#include "tls/settings.h"

/*
 * From settings to OpenSSL's context: what servers and clients have in common.
 * Once made it doesn't change, so that threads may share it.
 */

/* NULL: *error says why. What expires is put in front of *expiries. */
MUST_USE SSL_CTX *
tls_context_new(bool is_server, const struct tls_settings *settings,
                struct tls_expiry **expiries, struct tls_error *error);

/* Says which keyword is wrong, with OpenSSL's reason behind `words` (or alone);
 * returns false. */
bool
tls_context_refuse(struct tls_error *error, const char *keyword, const char *words);

#endif
