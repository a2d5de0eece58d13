/* SPDX-License-Identifier: ISC */
#include "tls/server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tls/context.h"

#define SESSION_SECONDS 7200    /* then a client shakes hands in full again */

struct tls_server {
    _Atomic unsigned refs;
    /* constant since it is shared */
    SSL_CTX **contexts;         /* the first is that of clients who name nothing we have */
    size_t count;
    char *label;
    struct tls_expiry *expiries;
};

static SSL_CTX *
find(const struct tls_server *server, const char *name, unsigned flags)
{
    size_t i;

    for (i = 0; i < server->count; i++)
        if (X509_check_host(SSL_CTX_get0_certificate(server->contexts[i]), name, 0, flags,
                            NULL) == 1)
            return server->contexts[i];
    return NULL;
}

/* A certificate with the very name goes before one with a wildcard. */
static int
on_server_name(SSL *ssl, int *alert, void *arg)
{
    const struct tls_server *server = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_CTX *ctx;

    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    ctx = find(server, name, X509_CHECK_FLAG_NO_WILDCARDS);
    if (ctx == NULL)
        ctx = find(server, name, 0);
    if (ctx == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_set_SSL_CTX(ssl, ctx) != NULL ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Sessions are in the clients' tickets alone. */
static void
set_resumption(SSL_CTX *ctx, const char *label)
{
    size_t len = strlen(label);

    if (len > SSL_MAX_SID_CTX_LENGTH)
        len = SSL_MAX_SID_CTX_LENGTH;
    (void)SSL_CTX_set_session_id_context(ctx, (const unsigned char *)label, (unsigned)len);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(ctx, SESSION_SECONDS);
    (void)SSL_CTX_set_num_tickets(ctx, 1);
}

/* The names of the CAs, by which a client with several certificates picks one. */
static bool
set_ca_names(SSL_CTX *ctx, const char *file, struct tls_error *error)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);

    if (names == NULL)
        return tls_context_refuse(error, "ca", "no certificate can be read");
    SSL_CTX_set_client_CA_list(ctx, names);
    return true;
}

static SSL_CTX *
add_context(struct tls_server *server, const struct tls_settings *settings,
            struct tls_error *error)
{
    SSL_CTX **contexts = reallocarray(server->contexts, server->count + 1, sizeof(SSL_CTX *));
    SSL_CTX *ctx;

    if (contexts == NULL) {
        tls_context_refuse(error, "certificate", "memory is short");
        return NULL;
    }
    server->contexts = contexts;
    ctx = tls_context_new(true, settings, &server->expiries, error);
    if (ctx != NULL)
        contexts[server->count++] = ctx;
    return ctx;
}

static bool
fill(struct tls_server *server, const struct tls_settings *settings, const char *label,
     struct tls_error *error)
{
    SSL_CTX *ctx;

    server->label = strdup(label);
    if (server->label == NULL)
        return tls_context_refuse(error, "certificate", "memory is short");
    if (settings->certificate[0] == '\0')
        return tls_context_refuse(error, "certificate", "a server needs one");
    if (settings->verify != TLS_VERIFY_NONE && settings->ca[0] == '\0')
        return tls_context_refuse(error, "verify", "it takes a ca, whose clients are let in");
    ctx = add_context(server, settings, error);
    if (ctx == NULL)
        return false;
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(ctx, server);
    set_resumption(ctx, server->label);
    return settings->verify == TLS_VERIFY_NONE || set_ca_names(ctx, settings->ca, error);
}

struct tls_server *
tls_server_new(const struct tls_settings *settings, const char *label, struct tls_error *error)
{
    struct tls_server *server = calloc(1, sizeof(*server));

    if (server == NULL) {
        tls_context_refuse(error, "certificate", "memory is short");
        return NULL;
    }
    atomic_init(&server->refs, 1);
    if (!fill(server, settings, label, error)) {
        tls_server_unref(server);
        return NULL;
    }
    return server;
}

/* A connection that changes over to it keeps the protocol of the first; in whom it
 * trusts is looked up in the context that it has then. */
static bool
share_trust(const struct tls_server *server, SSL_CTX *ctx, struct tls_error *error)
{
    SSL_CTX *first = server->contexts[0];
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(first);
    STACK_OF(X509_NAME) *copy = names != NULL ? SSL_dup_CA_list(names) : NULL;

    if (names != NULL && copy == NULL)
        return tls_context_refuse(error, "certificate", "memory is short");
    SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(first));
    SSL_CTX_set_client_CA_list(ctx, copy);
    return true;
}

bool
tls_server_add(struct tls_server *server, const struct tls_settings *settings,
               struct tls_error *error)
{
    struct tls_settings own = {.certificate = settings->certificate, .key = settings->key,
                               .ca = "", .crl = "", .ciphers = "",
                               .verify = TLS_VERIFY_NONE, .min_version = TLS_VERSION_1_2};
    SSL_CTX *ctx;

    if (own.certificate[0] == '\0')
        return tls_context_refuse(error, "certificate", "a server needs one");
    ctx = add_context(server, &own, error);
    if (ctx == NULL)
        return false;
    set_resumption(ctx, server->label);
    return share_trust(server, ctx, error);
}

struct tls_server *
tls_server_ref(struct tls_server *server)
{
    atomic_fetch_add_explicit(&server->refs, 1, memory_order_relaxed);
    return server;
}

void
tls_server_unref(struct tls_server *server)
{
    size_t i;

    if (server == NULL || atomic_fetch_sub_explicit(&server->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (i = 0; i < server->count; i++)
        SSL_CTX_free(server->contexts[i]);
    free(server->contexts);
    free(server->label);
    tls_expiry_free(server->expiries);
    free(server);
}

SSL *
tls_server_ssl(struct tls_server *server)
{
    SSL *ssl = SSL_new(server->contexts[0]);

    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return ssl;
}

const struct tls_expiry *
tls_server_expiries(const struct tls_server *server)
{
    return server->expiries;
}
