/* SPDX-License-Identifier: ISC */
/*
 * Decides what is spoken: TLS 1.2 and 1.3 with the ciphers and curves that
 * Mozilla calls intermediate, no renegotiation, no compression. Keys once read are kept
 * out of core dumps.
 */
#include "tls/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define CIPHERS_1_2 \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" \
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_1_3 \
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define CURVES "X25519:prime256v1:secp384r1"

static const int versions[] = {
#define TLS_VERSION(symbol, name, number) number,
#include "tls/version.def"
#undef TLS_VERSION
};

bool
tls_context_refuse(struct tls_error *error, const char *keyword, const char *words)
{
    unsigned long first = ERR_peek_error();
    unsigned long code = ERR_SYSTEM_ERROR(first) ? first : ERR_peek_last_error();
    const char *reason = NULL;

    if (code != 0)
        reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
                                        : ERR_reason_error_string(code);
    error->keyword = keyword;
    snprintf(error->why, sizeof(error->why), "%s%s%s", words,
             words[0] != '\0' && reason != NULL ? ": " : "", reason != NULL ? reason : "");
    ERR_clear_error();
    return false;
}

/* The names of TLS 1.3 begin so, and go another way than the older ones. */
static bool
split_ciphers(const char *text, char *old, char *new)
{
    char *copy = strdup(text), *rest = copy, *name, *to;

    old[0] = new[0] = '\0';
    while (copy != NULL && (name = strsep(&rest, ":, ")) != NULL) {
        to = strncmp(name, "TLS_", 4) == 0 ? new : old;
        if (*name != '\0')
            sprintf(to + strlen(to), "%s%s", *to != '\0' ? ":" : "", name);
    }
    free(copy);
    return copy != NULL;
}

/* Those of the version that isn't named stay as they are by default. */
static bool
set_ciphers(SSL_CTX *ctx, const char *text, struct tls_error *error)
{
    size_t size = strlen(text) + 1;
    char *old = malloc(size), *new = malloc(size);
    bool ok = old != NULL && new != NULL && split_ciphers(text, old, new);

    if (!ok)
        tls_context_refuse(error, "ciphers", "memory is short");
    else if (SSL_CTX_set_cipher_list(ctx, *old != '\0' ? old : CIPHERS_1_2) != 1 ||
             SSL_CTX_set_ciphersuites(ctx, *new != '\0' ? new : CIPHERS_1_3) != 1)
        ok = tls_context_refuse(error, "ciphers", "must be names of OpenSSL's with : between");
    free(old);
    free(new);
    return ok;
}

static bool
set_protocol(SSL_CTX *ctx, const struct tls_settings *settings, struct tls_error *error)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_KTLS |
                                 SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);     /* else each record takes two system calls */
    if (SSL_CTX_set_min_proto_version(ctx, versions[settings->min_version]) != 1 ||
        SSL_CTX_set1_groups_list(ctx, CURVES) != 1 || SSL_CTX_set_dh_auto(ctx, 1) != 1)
        return tls_context_refuse(error, "min-version", "");
    return set_ciphers(ctx, settings->ciphers, error);
}

static void
forbid_core_dumps(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

/* Nobody is there to be asked. */
static int
on_password(char *out, int size, int is_write, void *context)
{
    (void)out;
    (void)size;
    (void)is_write;
    (void)context;
    return -1;
}

static bool
load_certificate(SSL_CTX *ctx, const struct tls_settings *settings, struct tls_expiry **expiries,
                 struct tls_error *error)
{
    bool has_key = settings->key[0] != '\0';
    const char *key = has_key ? settings->key : settings->certificate;
    const char *keyword = has_key ? "key" : "certificate";

    SSL_CTX_set_default_passwd_cb(ctx, on_password);
    if (SSL_CTX_use_certificate_chain_file(ctx, settings->certificate) != 1)
        return tls_context_refuse(error, "certificate", "no certificate can be read");
    forbid_core_dumps();
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
            return tls_context_refuse(error, keyword, "it is not the certificate's");
        return tls_context_refuse(error, keyword, "no key without a password can be read");
    }
    if (SSL_CTX_check_private_key(ctx) != 1)
        return tls_context_refuse(error, keyword, "it is not the certificate's");
    return tls_expiry_add_certificate(expiries, settings->certificate, ctx)
           || tls_context_refuse(error, "certificate", "memory is short");
}

static bool
load_crl(SSL_CTX *ctx, const char *file, struct tls_expiry **expiries, struct tls_error *error)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

    if (lookup == NULL || X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
        return tls_context_refuse(error, "crl", "no revocation list can be read");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return tls_expiry_add_crls(expiries, file)
           || tls_context_refuse(error, "crl", "memory is short");
}

static bool
load_ca(SSL_CTX *ctx, const char *file, struct tls_error *error)
{
    if (file[0] == '\0')
        return SSL_CTX_set_default_verify_paths(ctx) == 1
               || tls_context_refuse(error, "ca", "the system has none");
    return SSL_CTX_load_verify_file(ctx, file) == 1
           || tls_context_refuse(error, "ca", "no certificate can be read");
}

static void
set_verify(SSL_CTX *ctx, enum tls_verify verify)
{
    switch (verify) {
    case TLS_VERIFY_NONE:
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        break;
    case TLS_VERIFY_OPTIONAL:
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        break;
    case TLS_VERIFY_REQUIRED:
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        break;
    }
}

static bool
fill(SSL_CTX *ctx, const struct tls_settings *settings, struct tls_expiry **expiries,
     struct tls_error *error)
{
    set_verify(ctx, settings->verify);
    return set_protocol(ctx, settings, error)
           && (settings->certificate[0] == '\0'
               || load_certificate(ctx, settings, expiries, error))
           && (settings->verify == TLS_VERIFY_NONE || load_ca(ctx, settings->ca, error))
           && (settings->verify == TLS_VERIFY_NONE || settings->crl[0] == '\0'
               || load_crl(ctx, settings->crl, expiries, error));
}

SSL_CTX *
tls_context_new(bool is_server, const struct tls_settings *settings,
                struct tls_expiry **expiries, struct tls_error *error)
{
    SSL_CTX *ctx;

    ERR_clear_error();
    ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (ctx == NULL) {
        tls_context_refuse(error, "certificate", "memory is short");
        return NULL;
    }
    if (!fill(ctx, settings, expiries, error)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}
