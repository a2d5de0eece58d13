/* SPDX-License-Identifier: ISC */
#include "net/transport.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/conn.h"

static enum io_result
plain_read(struct conn *conn, void *bytes, size_t size, size_t *n)
{
    ssize_t got;

    do
        got = recv(conn->fd, bytes, size, 0);
    while (got == -1 && errno == EINTR);
    if (got > 0) {
        *n = (size_t)got;
        return IO_DONE;
    }
    if (got == 0)
        return IO_CLOSED;
    return errno == EAGAIN || errno == EWOULDBLOCK ? IO_WANT_READ : IO_FAILED;
}

static enum io_result
plain_write(struct conn *conn, const void *bytes, size_t size, size_t *n)
{
    ssize_t put;

    do
        put = send(conn->fd, bytes, size, MSG_NOSIGNAL);
    while (put == -1 && errno == EINTR);
    if (put >= 0) {
        *n = (size_t)put;
        return IO_DONE;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? IO_WANT_WRITE : IO_FAILED;
}

static bool
plain_has_more(const struct conn *conn)
{
    (void)conn;
    return false;
}

static void
plain_finish(struct conn *conn)
{
    shutdown(conn->fd, SHUT_WR);
}

static void
plain_release(struct conn *conn)
{
    (void)conn;
}

const struct transport transport_plain = {
    .read = plain_read,
    .write = plain_write,
    .has_more = plain_has_more,
    .finish = plain_finish,
    .release = plain_release,
};
