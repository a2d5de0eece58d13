/* SPDX-License-Identifier: ISC */
#ifndef TLS_SETTINGS_H
#define TLS_SETTINGS_H

/* What a side of TLS is made of: files and choices, as a configuration names them. */

enum tls_verify {
#define TLS_VERIFY(symbol, name, help) TLS_VERIFY_##symbol,
#include "tls/verify.def"
#undef TLS_VERIFY
};

enum tls_version {
#define TLS_VERSION(symbol, name, number) TLS_VERSION_##symbol,
#include "tls/version.def"
#undef TLS_VERSION
};

/* Texts are "" where nothing is said. All files are PEM. */
struct tls_settings {
    const char *certificate;    /* with the chain behind it */
    const char *key;            /* "": in the certificate's file */
    const char *ca;             /* "": none for a server, the system's for a client */
    const char *crl;            /* one of each CA that is used */
    const char *ciphers;        /* "": those that are good today */
    enum tls_verify verify;
    enum tls_version min_version;
};

/* Which of the settings can't be used, and why. */
struct tls_error {
    const char *keyword;        /* "certificate", "key", "ca", "crl", "ciphers", "verify" */
    char why[160];
};

#endif
