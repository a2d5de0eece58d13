/* SPDX-License-Identifier: ISC */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 4096
#define PAUSE_MS 100
#define ACCEPTS_AT_ONCE 64

/* Removes the socket of a process that is gone; one that answers stays. */
static void
remove_stale(const struct addr *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return;
    if (connect(fd, &addr->sa.any, addr->len) == -1 && errno == ECONNREFUSED)
        unlink(addr->sa.unix_.sun_path);
    close(fd);
}

static int
bind_to(const struct addr *addr, bool share)
{
    int family = addr->sa.any.sa_family, on = 1, fd, error;

    fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (family != AF_UNIX &&
        (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
         (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1)))
        goto failed;
    if (family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == -1)
        goto failed;
    if (bind(fd, &addr->sa.any, addr->len) == -1 || listen(fd, BACKLOG) == -1)
        goto failed;
    return fd;

failed:
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int
listener_bind(const struct addr *addr)
{
    if (addr->sa.any.sa_family == AF_UNIX)
        remove_stale(addr);
    return bind_to(addr, false);
}

/*
 * The first is bound alone, so that an address in use is found out, and shared only
 * then. A unix socket's path can't be: its one queue is served by several loops.
 */
int
listener_join(int fd)
{
    struct addr addr = listener_address(fd);
    int on = 1;

    if (addr.sa.any.sa_family == AF_UNIX)
        return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1)
        return -1;
    return bind_to(&addr, true);
}

struct addr
listener_address(int fd)
{
    struct addr addr;

    memset(&addr, 0, sizeof(addr));
    addr.len = sizeof(addr.sa);
    if (getsockname(fd, &addr.sa.any, &addr.len) == -1)
        addr.len = 0;
    return addr;
}

static void
on_pause_over(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct listener *listener = timer->data;

    (void)revents;
    ev_io_start(ev, &listener->io);
}

static void
pause_accepting(struct listener *listener, int error)
{
    log_limited(LOG_LEVEL_ERROR, listener->name, "cannot accept, waiting ms=%d error=\"%s\"",
                PAUSE_MS, strerror(error));
    ev_io_stop(listener->loop->ev, &listener->io);
    loop_timer_start(listener->loop, &listener->pause, PAUSE_MS);
}

static void
on_io(struct ev_loop *ev, ev_io *io, int revents)
{
    struct listener *listener = io->data;
    struct addr peer;
    int fd, i;

    (void)ev;
    (void)revents;
    for (i = 0; i < ACCEPTS_AT_ONCE && listener->fd != -1; i++) {
        peer.len = sizeof(peer.sa);
        fd = accept4(listener->fd, &peer.sa.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd != -1) {
            listener->on_accept(listener, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(listener, errno);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        /* Else that one connection is gone already; the next may be fine. */
    }
}

void
listener_open(struct listener *listener, struct loop *loop, int fd)
{
    listener->loop = loop;
    listener->fd = fd;
    ev_io_init(&listener->io, on_io, fd, EV_READ);
    listener->io.data = listener;
    ev_init(&listener->pause, on_pause_over);
    listener->pause.data = listener;
    ev_io_start(loop->ev, &listener->io);
}

void
listener_close(struct listener *listener)
{
    struct addr addr;

    if (listener->fd == -1)
        return;
    ev_io_stop(listener->loop->ev, &listener->io);
    ev_timer_stop(listener->loop->ev, &listener->pause);
    addr = listener_address(listener->fd);
    if (addr.sa.any.sa_family == AF_UNIX && !listener->keeps_path)
        unlink(addr.sa.unix_.sun_path);
    close(listener->fd);
    listener->fd = -1;
}
