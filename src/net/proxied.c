/* SPDX-License-Identifier: ISC */
/*
 * A transport in front of another one, which has nothing but a handshake: the header.
 * Then the other one takes its place. What follows the header in the descriptor is left
 * there, for the other one may read for itself; so octets are looked at first, and
 * only what belongs to the header is taken.
 */
#include "net/proxied.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SURE 6      /* octets from which on it can be nothing else */

struct proxied {
    const struct transport *inner;
    void *inner_data;
    const struct proxied_ops *ops;
    enum proxied_mode mode;
    size_t len;                         /* taken, or written */
    size_t size;                        /* to be written */
    uint8_t bytes[PROXY_HEADER_MAX];
};

static void
step_aside(struct conn *conn)
{
    struct proxied *proxied = conn->transport_data;

    conn->transport = proxied->inner;
    conn->transport_data = proxied->inner_data;
    free(proxied);
}

static enum io_result
go_on(struct conn *conn)
{
    step_aside(conn);
    return conn->transport->handshake != NULL ? conn->transport->handshake(conn) : IO_DONE;
}

static void
release(struct conn *conn)
{
    step_aside(conn);
    conn->transport->release(conn);
}

static enum io_result
end(void)
{
    errno = EPROTO;
    return IO_FAILED;
}

static enum io_result
refuse(struct conn *conn, const char *why)
{
    const struct proxied *proxied = conn->transport_data;

    (void)proxied->ops->on_header(conn, NULL, why);
    return end();
}

static enum io_result
take(struct conn *conn, const struct proxy_header *header)
{
    const struct proxied *proxied = conn->transport_data;

    return proxied->ops->on_header(conn, header, NULL) ? go_on(conn) : end();
}

/* Takes n octets more, which are there. */
static bool
consume(struct conn *conn, size_t n)
{
    struct proxied *proxied = conn->transport_data;
    ssize_t got = n > 0 ? recv(conn->fd, proxied->bytes + proxied->len, n, 0) : 0;

    proxied->len += n;
    return got == (ssize_t)n;
}

static enum io_result
without(struct conn *conn, const struct proxy_header *header)
{
    const struct proxied *proxied = conn->transport_data;

    if (proxied->mode == PROXIED_REQUIRED || proxied->len > 0)
        return refuse(conn, "there is none");
    return proxied->mode == PROXIED_OPTIONAL ? take(conn, header) : go_on(conn);
}

/* n octets have come beyond those that were taken. */
static enum io_result
look(struct conn *conn, size_t n)
{
    struct proxied *proxied = conn->transport_data;
    size_t seen = proxied->len + n;
    struct proxy_header header;

    switch (proxy_header_parse(proxied->bytes, seen, &header)) {
    case PROXY_HEADER_NONE:
        return without(conn, &header);
    case PROXY_HEADER_BAD:
        return refuse(conn, header.why);
    case PROXY_HEADER_PARTIAL:
        if (proxied->mode == PROXIED_UNTRUSTED && seen >= SURE)
            return refuse(conn, "not from proxy-from");
        return consume(conn, n) ? IO_WANT_READ : IO_FAILED;
    case PROXY_HEADER_WHOLE:
        if (proxied->mode == PROXIED_UNTRUSTED)
            return refuse(conn, "not from proxy-from");
        return consume(conn, header.length - proxied->len) ? take(conn, &header) : IO_FAILED;
    }
    return IO_FAILED;
}

static enum io_result
read_header(struct conn *conn)
{
    struct proxied *proxied = conn->transport_data;
    ssize_t n;

    do
        n = recv(conn->fd, proxied->bytes + proxied->len, sizeof(proxied->bytes) - proxied->len,
                 MSG_PEEK);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK ? IO_WANT_READ : IO_FAILED;
    return n == 0 ? IO_CLOSED : look(conn, (size_t)n);
}

static enum io_result
write_header(struct conn *conn)
{
    struct proxied *proxied = conn->transport_data;
    ssize_t n;

    do
        n = send(conn->fd, proxied->bytes + proxied->len, proxied->size - proxied->len,
                 MSG_NOSIGNAL);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK ? IO_WANT_WRITE : IO_FAILED;
    proxied->len += (size_t)n;
    return proxied->len < proxied->size ? IO_WANT_WRITE : go_on(conn);
}

static enum io_result
out_of_memory(struct conn *conn)
{
    (void)conn;
    errno = ENOMEM;
    return IO_FAILED;
}

static void
release_nothing(struct conn *conn)
{
    (void)conn;
}

static const struct transport transport_in = {.handshake = read_header, .release = release};
static const struct transport transport_out = {.handshake = write_header, .release = release};
static const struct transport transport_none = {.handshake = out_of_memory,
                                                .release = release_nothing};

/* NULL: memory is short, and the conn will say so. */
static struct proxied *
step_in_front(struct conn *conn, const struct transport *transport)
{
    struct proxied *proxied = calloc(1, sizeof(*proxied));

    ensure(conn->state == CONN_CLOSED);
    if (proxied == NULL) {
        conn->transport->release(conn);
        conn->transport = &transport_none;
        return NULL;
    }
    proxied->inner = conn->transport;
    proxied->inner_data = conn->transport_data;
    conn->transport = transport;
    conn->transport_data = proxied;
    return proxied;
}

void
proxied_accept(struct conn *conn, enum proxied_mode mode, const struct proxied_ops *ops)
{
    struct proxied *proxied = step_in_front(conn, &transport_in);

    if (proxied == NULL)
        return;
    proxied->mode = mode;
    proxied->ops = ops;
}

void
proxied_connect(struct conn *conn, const struct addr *source, const struct addr *dest)
{
    struct proxied *proxied = step_in_front(conn, &transport_out);

    if (proxied != NULL)
        proxied->size = proxy_header_write(proxied->bytes, source, dest);
}
