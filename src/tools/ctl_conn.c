/* SPDX-License-Identifier: ISC */
#include "tools/ctl_conn.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/tls.h"

int64_t
ctl_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* By errno, unless the transport knows more. */
static bool
fail(struct ctl_conn *it)
{
    const struct transport *transport = it->conn.transport;
    const char *why = errno == EPROTO && transport->why != NULL ? transport->why(&it->conn) : NULL;

    if (why != NULL)
        snprintf(it->why, sizeof(it->why), "TLS: %s", why);
    else
        snprintf(it->why, sizeof(it->why), "%s", strerror(errno));
    return false;
}

/* Until it can be read, or written, or the time is over. */
static bool
await(struct ctl_conn *it, short events)
{
    struct pollfd poll_fd = {.fd = it->conn.fd, .events = events};
    int64_t left;
    int n;

    do {
        left = it->until_ms - ctl_now_ms();
        n = left > 0 ? poll(&poll_fd, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;
    } while (n == -1 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n == 1;
}

static bool
await_io(struct ctl_conn *it, enum io_result result)
{
    return await(it, result == IO_WANT_READ ? POLLIN : POLLOUT);
}

static bool
dial(struct ctl_conn *it, const struct addr *addr)
{
    socklen_t len = sizeof(int);
    int error = 0;

    it->conn.fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (it->conn.fd == -1)
        return false;
    if (connect(it->conn.fd, &addr->sa.any, addr->len) == 0)
        return true;
    if (errno != EINPROGRESS || !await(it, POLLOUT) ||
        getsockopt(it->conn.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return false;
    errno = error;
    return error == 0;
}

static bool
shake_hands(struct ctl_conn *it)
{
    enum io_result result;

    for (;;) {
        result = it->conn.transport->handshake(&it->conn);
        switch (result) {
        case IO_DONE:
            return true;
        case IO_WANT_READ:
        case IO_WANT_WRITE:
            if (!await_io(it, result))
                return false;
            break;
        case IO_CLOSED:
            errno = ECONNRESET;
            return false;
        case IO_FAILED:
            return false;
        }
    }
}

bool
ctl_conn_open(struct ctl_conn *it, const struct ctl *ctl, int64_t until_ms)
{
    memset(it, 0, sizeof(*it));
    it->conn.transport = &transport_plain;
    it->until_ms = until_ms;
    if (!dial(it, &ctl->addr))
        return fail(it);
    if (ctl->tls == NULL)
        return true;
    tls_connect(&it->conn, ctl->tls);
    return shake_hands(it) || fail(it);
}

bool
ctl_conn_send(struct ctl_conn *it, const char *bytes, size_t n)
{
    enum io_result result;
    size_t sent;

    while (n > 0) {
        result = it->conn.transport->write(&it->conn, bytes, n, &sent);
        if (result == IO_DONE) {
            bytes += sent;
            n -= sent;
        } else if (result == IO_FAILED || result == IO_CLOSED || !await_io(it, result)) {
            return fail(it);
        }
    }
    return true;
}

ssize_t
ctl_conn_receive(struct ctl_conn *it, char *bytes, size_t size)
{
    enum io_result result;
    size_t n;

    for (;;) {
        result = it->conn.transport->read(&it->conn, bytes, size, &n);
        if (result == IO_DONE)
            return (ssize_t)n;
        if (result == IO_CLOSED)
            return 0;
        if (result == IO_FAILED || !await_io(it, result)) {
            (void)fail(it);
            return -1;
        }
    }
}

void
ctl_conn_close(struct ctl_conn *it)
{
    it->conn.transport->release(&it->conn);
    if (it->conn.fd != -1)
        close(it->conn.fd);
}
