/* SPDX-License-Identifier: ISC */
/*
 * The one place where OpenSSL does input and output: before each call its queue of
 * errors is cleared, at once after it the result is asked for, and it ends in one of
 * five ways. The state of the connection is made when the first octet of the handshake
 * is there, so that who says nothing costs next to nothing.
 */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "tls/reason.h"

#define NAMES_MAX 64            /* of one certificate that are looked at */
#define HANDSHAKE_RECORD 0x16   /* the first octet of whoever speaks TLS */

struct tls {
    struct tls_server *server;  /* a reference; NULL: we are the client */
    struct tls_client *client;  /* a reference; NULL: we are the server */
    SSL *ssl;                   /* NULL: nothing was said yet */
    bool more;                  /* octets are there that no poll will tell of */
    bool broken;                /* nothing can be said any more */
    int error;                  /* then errno's value, or 0: the peer has just gone */
    char why[96];
};

static enum io_result
break_off(struct tls *tls, int error)
{
    tls->broken = true;
    tls->error = errno = error;
    return error != 0 ? IO_FAILED : IO_CLOSED;
}

static enum io_result
refuse(struct tls *tls, const char *words)
{
    snprintf(tls->why, sizeof(tls->why), "%s", words);
    return break_off(tls, EPROTO);
}

/* What a call that returned `ret` has ended in. */
static enum io_result
result_of(struct tls *tls, int ret)
{
    int error = errno;

    switch (SSL_get_error(tls->ssl, ret)) {
    case SSL_ERROR_NONE:
        return IO_DONE;
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_CLOSED;
    case SSL_ERROR_SYSCALL:
        return break_off(tls, error);
    default:    /* SSL_ERROR_SSL; the others are of no use that is made here */
        tls_reason(tls->ssl, tls->why, sizeof(tls->why));
        ERR_clear_error();
        return break_off(tls, EPROTO);
    }
}

static void
before_call(void)
{
    ERR_clear_error();
    errno = 0;
}

/* Looks at the first octet of a client without taking it. */
static enum io_result
look(struct conn *conn, struct tls *tls)
{
    unsigned char first;
    ssize_t n;

    do
        n = recv(conn->fd, &first, 1, MSG_PEEK);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK ? IO_WANT_READ : IO_FAILED;
    if (n == 0)
        return IO_CLOSED;
    if (first == HANDSHAKE_RECORD)
        return IO_DONE;
    if (first == 0)     /* of a command_length */
        return refuse(tls, "plain SMPP came");
    if (first >= 'A' && first <= 'Z')
        return refuse(tls, "plain text came, as of HTTP");
    return refuse(tls, (first & 0x80) != 0 ? "protocol too old" : "something else came");
}

static enum io_result
begin(struct conn *conn, struct tls *tls)
{
    enum io_result result = tls->server != NULL ? look(conn, tls) : IO_DONE;

    if (result != IO_DONE)
        return result;
    before_call();
    tls->ssl = tls->server != NULL ? tls_server_ssl(tls->server) : tls_client_ssl(tls->client);
    if (tls->ssl != NULL && SSL_set_fd(tls->ssl, conn->fd) == 1)
        return IO_DONE;
    errno = ENOMEM;
    return IO_FAILED;
}

static enum io_result
handshake(struct conn *conn)
{
    struct tls *tls = conn->transport_data;
    enum io_result result;

    if (tls == NULL) {
        errno = ENOMEM;
        return IO_FAILED;
    }
    if (tls->ssl == NULL) {
        result = begin(conn, tls);
        if (result != IO_DONE)
            return result;
    }
    before_call();
    result = result_of(tls, SSL_do_handshake(tls->ssl));
    tls->more = result == IO_DONE && SSL_has_pending(tls->ssl) == 1;
    return result;
}

/* A record at a time, as long as they are there already. */
static enum io_result
read_some(struct conn *conn, void *bytes, size_t size, size_t *n)
{
    struct tls *tls = conn->transport_data;
    enum io_result result;
    size_t got;

    *n = 0;
    if (tls->broken)
        return break_off(tls, tls->error);
    do {
        before_call();
        result = result_of(tls, SSL_read_ex(tls->ssl, (char *)bytes + *n, size - *n, &got));
        if (result == IO_DONE)
            *n += got;
    } while (result == IO_DONE && *n < size && SSL_has_pending(tls->ssl) == 1);
    tls->more = result == IO_DONE && SSL_has_pending(tls->ssl) == 1;
    if (*n == 0 || result == IO_DONE)
        return result;
    /* What came before an end is handed out first; the end is told by the next call. */
    tls->more = result != IO_WANT_READ && result != IO_WANT_WRITE;
    return IO_DONE;
}

static enum io_result
write_some(struct conn *conn, const void *bytes, size_t size, size_t *n)
{
    struct tls *tls = conn->transport_data;
    enum io_result result;
    size_t put;

    *n = 0;
    do {
        before_call();
        result = result_of(tls, SSL_write_ex(tls->ssl, (const char *)bytes + *n, size - *n,
                                             &put));
        if (result == IO_DONE)
            *n += put;
    } while (result == IO_DONE && *n < size);
    if (*n > 0 && (result == IO_WANT_READ || result == IO_WANT_WRITE))
        return IO_DONE;
    return result;
}

static bool
has_more(const struct conn *conn)
{
    const struct tls *tls = conn->transport_data;

    return tls->more;
}

/* Tells the peer, once. OpenSSL would not resume a session that has ended without. */
static void
say_goodbye(struct tls *tls)
{
    if (tls->ssl == NULL || tls->broken || SSL_is_init_finished(tls->ssl) != 1 ||
        (SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    before_call();
    (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

static void
finish(struct conn *conn)
{
    say_goodbye(conn->transport_data);
    shutdown(conn->fd, SHUT_WR);
}

static void
spoil(struct conn *conn)
{
    struct tls *tls = conn->transport_data;

    if (tls != NULL)
        tls->broken = true;
}

static void
release(struct conn *conn)
{
    struct tls *tls = conn->transport_data;

    conn->transport_data = NULL;
    if (tls == NULL)
        return;
    say_goodbye(tls);
    SSL_free(tls->ssl);
    tls_client_unref(tls->client);
    tls_server_unref(tls->server);
    free(tls);
}

static const char *
why(const struct conn *conn)
{
    const struct tls *tls = conn->transport_data;

    return tls != NULL && tls->why[0] != '\0' ? tls->why : NULL;
}

const struct transport transport_tls = {
    .handshake = handshake,
    .read = read_some,
    .write = write_some,
    .has_more = has_more,
    .finish = finish,
    .spoil = spoil,
    .release = release,
    .why = why,
};

void
tls_accept(struct conn *conn, struct tls_server *server)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    ensure(conn->state == CONN_CLOSED && conn->transport_data == NULL);
    conn->transport = &transport_tls;
    conn->transport_data = tls;
    if (tls != NULL)
        tls->server = tls_server_ref(server);
}

void
tls_connect(struct conn *conn, struct tls_client *client)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    ensure(conn->state == CONN_CLOSED && conn->transport_data == NULL);
    conn->transport = &transport_tls;
    conn->transport_data = tls;
    if (tls != NULL)
        tls->client = tls_client_ref(client);
}

void
tls_without(struct conn *conn)
{
    ensure(conn->state == CONN_CLOSED && conn->transport_data == NULL);
    conn->transport = &transport_plain;
}

/* The state of one that has shaken hands; NULL: it isn't TLS. */
static const struct tls *
spoken(const struct conn *conn)
{
    const struct tls *tls = conn->transport_data;

    return conn->transport->why == why && tls != NULL && tls->ssl != NULL ? tls : NULL;
}

/*
 * The names in the peer's certificate.
 */

struct held {
    char *names[NAMES_MAX];     /* OpenSSL's memory */
    size_t n;
};

/* A name with a NUL in it would read as another one. */
static void
hold(struct held *held, const ASN1_STRING *string)
{
    unsigned char *text;
    int len = held->n < NAMES_MAX ? ASN1_STRING_to_UTF8(&text, string) : -1;

    if (len < 0)
        return;
    if (len > 0 && strlen((char *)text) == (size_t)len)
        held->names[held->n++] = (char *)text;
    else
        OPENSSL_free(text);
}

static void
hold_alternatives(struct held *held, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const GENERAL_NAME *name;
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI)
            hold(held, name->d.ia5);
    }
    GENERAL_NAMES_free(names);
}

static void
hold_names(struct held *held, const struct tls *tls)
{
    X509 *certificate = tls != NULL ? SSL_get0_peer_certificate(tls->ssl) : NULL;
    const X509_NAME *subject;
    int i = -1;

    held->n = 0;
    if (certificate == NULL || SSL_get_verify_result(tls->ssl) != X509_V_OK)
        return;
    subject = X509_get_subject_name(certificate);
    while ((i = X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, i)) >= 0)
        hold(held, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    hold_alternatives(held, certificate);
}

static void
let_go(struct held *held)
{
    while (held->n > 0)
        OPENSSL_free(held->names[--held->n]);
}

bool
tls_permits(const struct conn *conn, const struct tls_names *names, const char *system_id)
{
    struct held held;
    bool permits;

    hold_names(&held, spoken(conn));
    permits = tls_names_permit(names, (const char *const *)held.names, held.n, system_id);
    let_go(&held);
    return permits;
}

const char *
tls_text(const struct conn *conn, char out[static TLS_TEXT_SIZE])
{
    const struct tls *tls = spoken(conn);
    struct held held;
    char name[72];

    out[0] = '\0';
    if (tls == NULL)
        return out;
    hold_names(&held, tls);
    escape(name, sizeof(name), held.n > 0 ? held.names[0] : "",
           held.n > 0 ? strlen(held.names[0]) : 0);
    let_go(&held);
    snprintf(out, TLS_TEXT_SIZE, "name='%s' version=%s cipher=%s resumed=%s", name,
             SSL_get_version(tls->ssl), SSL_get_cipher_name(tls->ssl),
             SSL_session_reused(tls->ssl) == 1 ? "yes" : "no");
    return out;
}
