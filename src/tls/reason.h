/* SPDX-License-Identifier: ISC */
#ifndef TLS_REASON_H
#define TLS_REASON_H

#include <openssl/types.h>
#include <stddef.h>

/*
 * Says in a few words why a call on this SSL has failed, by OpenSSL's queue of errors
 * and what it found wrong with the peer's certificate. Returns out.
 */
const char *
tls_reason(const SSL *ssl, char *out, size_t size);

#endif
