/* SPDX-License-Identifier: ISC */
#ifndef TLS_EXPIRY_H
#define TLS_EXPIRY_H

#include <openssl/types.h>
#include <stdbool.h>
#include <time.h>

#include "base/ensure.h"

/* When what was loaded from a file is good no longer. */
struct tls_expiry {
    struct tls_expiry *next;
    const char *what;           /* "certificate" or "crl" */
    char *file;
    char *subject;              /* of the certificate, or the list's issuer; escaped */
    time_t not_after;           /* of a certificate and its chain the earliest */
};

/* Puts a certificate's in front of the list. False: memory is short. */
MUST_USE bool
tls_expiry_add_certificate(struct tls_expiry **list, const char *file, SSL_CTX *ctx);

/* The same for all revocation lists of a file that was read. */
MUST_USE bool
tls_expiry_add_crls(struct tls_expiry **list, const char *file);

void
tls_expiry_free(struct tls_expiry *list);

#endif
