/* SPDX-License-Identifier: ISC */
#include "tls/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "tls/context.h"

struct tls_client {
    _Atomic unsigned refs;
    /* constant since it is shared */
    SSL_CTX *ctx;
    char *host;
    bool is_ip;
    struct tls_expiry *expiries;
    /* under the lock */
    pthread_mutex_t lock;
    SSL_SESSION *session;       /* the latest; NULL: none */
};

/* Where an SSL finds its client. */
static int place;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
find_place(void)
{
    place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    ensure(place >= 0);
}

/* The server has sent a ticket: it is kept until the next one comes. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_client *client = SSL_get_ex_data(ssl, place);
    SSL_SESSION *before;

    pthread_mutex_lock(&client->lock);
    before = client->session;
    client->session = session;
    pthread_mutex_unlock(&client->lock);
    SSL_SESSION_free(before);
    return 1;
}

static struct tls_client *
make(const char *host)
{
    struct tls_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    pthread_once(&once, find_place);
    atomic_init(&client->refs, 1);
    pthread_mutex_init(&client->lock, NULL);
    client->host = strdup(host);
    client->is_ip = addr_is_ip(host);
    if (client->host != NULL)
        return client;
    tls_client_unref(client);
    return NULL;
}

struct tls_client *
tls_client_new(const struct tls_settings *settings, const char *host, struct tls_error *error)
{
    struct tls_client *client = make(host);

    if (client == NULL) {
        tls_context_refuse(error, "certificate", "memory is short");
        return NULL;
    }
    client->ctx = tls_context_new(false, settings, &client->expiries, error);
    if (client->ctx == NULL) {
        tls_client_unref(client);
        return NULL;
    }
    SSL_CTX_set_session_cache_mode(client->ctx,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client->ctx, on_session);
    return client;
}

struct tls_client *
tls_client_towards(const struct tls_client *like, const char *host)
{
    struct tls_client *client = make(host);

    if (client == NULL)
        return NULL;
    SSL_CTX_up_ref(like->ctx);
    client->ctx = like->ctx;
    return client;
}

struct tls_client *
tls_client_ref(struct tls_client *client)
{
    atomic_fetch_add_explicit(&client->refs, 1, memory_order_relaxed);
    return client;
}

void
tls_client_unref(struct tls_client *client)
{
    if (client == NULL || atomic_fetch_sub_explicit(&client->refs, 1, memory_order_acq_rel) > 1)
        return;
    SSL_SESSION_free(client->session);
    SSL_CTX_free(client->ctx);
    tls_expiry_free(client->expiries);
    pthread_mutex_destroy(&client->lock);
    free(client->host);
    free(client);
}

/* An IP address is never sent as the name that is asked for (RFC 6066, 3). */
static bool
set_host(const struct tls_client *client, SSL *ssl)
{
    if (client->is_ip)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), client->host) == 1;
    if (client->host[0] == '\0')
        return true;
    return SSL_set_tlsext_host_name(ssl, client->host) == 1 &&
           SSL_set1_host(ssl, client->host) == 1;
}

static bool
resume(struct tls_client *client, SSL *ssl)
{
    SSL_SESSION *session;
    bool ok = true;

    pthread_mutex_lock(&client->lock);
    session = client->session;
    if (session != NULL)
        SSL_SESSION_up_ref(session);
    pthread_mutex_unlock(&client->lock);
    if (session != NULL && SSL_SESSION_is_resumable(session) == 1)
        ok = SSL_set_session(ssl, session) == 1;
    SSL_SESSION_free(session);
    return ok;
}

SSL *
tls_client_ssl(struct tls_client *client)
{
    SSL *ssl = SSL_new(client->ctx);

    if (ssl == NULL)
        return NULL;
    SSL_set_connect_state(ssl);
    if (SSL_set_ex_data(ssl, place, client) != 1 || !set_host(client, ssl) ||
        !resume(client, ssl)) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

const struct tls_expiry *
tls_client_expiries(const struct tls_client *client)
{
    return client->expiries;
}
