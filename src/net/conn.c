/* SPDX-License-Identifier: ISC */
/*
 * conn decides when a descriptor is read and written. Which events it waits
 * for is a function of its state and its buffers, computed in update_io and
 * nowhere else. One thread; it knows octets, no PDUs.
 */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_inner.h"

#define FLUSH_MS 5000   /* a peer that takes nothing for so long gets no more */

static void flush(struct conn *conn);

static const struct {
    const char *words;
    bool ours;
} ends[] = {
#define CONN_END(symbol, words, ours) {words, ours},
#include "net/conn_end.def"
#undef CONN_END
};

/* What the transport of the last conn that ended so has said. */
static _Thread_local char protocol_words[128];

const char *
conn_end_words(enum conn_end end, int error)
{
    static _Thread_local char text[160];

    if (end == CONN_END_PROTOCOL) {
        snprintf(text, sizeof(text), "%s: %s", ends[end].words, protocol_words);
        return text;
    }
    if (end != CONN_END_FAILED)
        return ends[end].words;
    snprintf(text, sizeof(text), "%s: %s", ends[end].words, strerror(error));
    return text;
}

bool
conn_end_is_ours(enum conn_end end)
{
    return ends[end].ours;
}

static int
wanted_events(const struct conn *conn)
{
    int events = 0;

    switch (conn->state) {
    case CONN_CLOSED:
        break;
    case CONN_CONNECTING:
        events = EV_WRITE;
        break;
    case CONN_HANDSHAKE:
        events = conn->handshake_writes ? EV_WRITE : EV_READ;
        break;
    case CONN_OPEN:
        if (conn->on_ready != NULL)
            events = conn->wanted;
        else
            events = (conn->paused ? 0 : EV_READ) | (conn->blocked ? EV_WRITE : 0);
        break;
    case CONN_FINISHING:
        events = EV_READ | (conn->blocked ? EV_WRITE : 0);
        break;
    case CONN_LINGERING:
        events = EV_READ;
        break;
    }
    return events;
}

static void
update_io(struct conn *conn)
{
    int events = wanted_events(conn);

    if (ev_is_active(&conn->io) && (conn->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(conn->loop->ev, &conn->io);
    if (events != 0) {
        ev_io_set(&conn->io, conn->fd, events);
        ev_io_start(conn->loop->ev, &conn->io);
    }
}

static void
end(struct conn *conn, enum conn_end end, int error)
{
    conn_close(conn);
    conn->ops->on_end(conn, end, error);
}

/* Does the transport know more than errno? */
static bool
is_protocol_failure(const struct conn *conn, int error)
{
    const char *why = error == EPROTO && conn->transport->why != NULL ? conn->transport->why(conn)
                                                                     : NULL;

    if (why != NULL)
        snprintf(protocol_words, sizeof(protocol_words), "%s", why);
    return why != NULL;
}

void
conn_fail(struct conn *conn, int error)
{
    enum conn_end how = CONN_END_FAILED;

    if (is_protocol_failure(conn, error))
        how = CONN_END_PROTOCOL;
    else if (error == ECONNRESET || error == EPIPE)
        how = CONN_END_RESET;
    else if (error == ECONNREFUSED || error == ENOENT)
        how = CONN_END_REFUSED;
    else if (error == ETIMEDOUT && conn->state != CONN_OPEN)
        how = CONN_END_CONNECT_TIMEOUT;
    else if (error == EHOSTUNREACH || error == ENETUNREACH)
        how = CONN_END_UNREACHABLE;
    else if (error == ENOMEM || error == ENOBUFS)
        how = CONN_END_NO_MEMORY;
    else if (error == EMFILE || error == ENFILE)
        how = CONN_END_NO_DESCRIPTORS;
    else if (error == EADDRNOTAVAIL)
        how = CONN_END_NO_PORT;
    end(conn, how, error);
}

static void
shake_hands(struct conn *conn)
{
    enum io_result result = IO_DONE;

    if (conn->transport->handshake != NULL)
        result = conn->transport->handshake(conn);
    conn->handshake_writes = result == IO_WANT_WRITE;
    switch (result) {
    case IO_DONE:
        conn->state = CONN_OPEN;
        loop_timer_stop(conn->loop, &conn->timer);
        update_io(conn);
        if (conn->ops->on_open != NULL)
            conn->ops->on_open(conn);
        if (conn->on_ready == NULL)
            conn_read_more(conn);
        break;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        update_io(conn);
        break;
    case IO_CLOSED:
        end(conn, CONN_END_HANDSHAKE_CLOSED, 0);
        break;
    case IO_FAILED:
        conn_fail(conn, errno);
        break;
    }
}

static void
on_connected(struct conn *conn)
{
    socklen_t len = sizeof(int);
    int error = 0;

    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        error = errno;
    if (error != 0) {
        conn_fail(conn, error);
        return;
    }
    conn->state = CONN_HANDSHAKE;
    shake_hands(conn);
}

/* Keeps what on_bytes has not used. */
static bool
keep(struct conn *conn, const uint8_t *bytes, size_t n)
{
    uint8_t *room;

    ensure(n < LOOP_SCRATCH / 2);
    buf_clear(&conn->in, &conn->loop->slab);
    if (n == 0)
        return true;
    room = buf_extend(&conn->in, &conn->loop->slab, n);
    if (room == NULL)
        return false;
    memcpy(room, bytes, n);
    return true;
}

void
conn_deliver(struct conn *conn, size_t n)
{
    uint8_t *scratch = conn->loop->scratch;
    size_t used;

    conn->read_at_ms = loop_now_ms(conn->loop);
    if (conn->state != CONN_OPEN)
        return;
    used = conn->ops->on_bytes(conn, scratch, n);
    if (conn->state != CONN_OPEN)
        return;
    if ((used < n || conn->in.len > 0) && !keep(conn, scratch + used, n - used))
        conn_fail(conn, ENOMEM);
}

static void
do_read(struct conn *conn)
{
    size_t kept = conn->in.len, n = 0;
    enum io_result result;

    if (kept > 0)
        memcpy(conn->loop->scratch, buf_bytes(&conn->in), kept);
    result = conn->transport->read(conn, conn->loop->scratch + kept, LOOP_SCRATCH - kept, &n);
    switch (result) {
    case IO_DONE:
        conn_deliver(conn, kept + n);
        break;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        break;
    case IO_CLOSED:
        end(conn, CONN_END_PEER_CLOSED, 0);
        break;
    case IO_FAILED:
        conn_fail(conn, errno);
        break;
    }
}

static bool
wants_read(const struct conn *conn)
{
    return (conn->state == CONN_OPEN && !conn->paused) || conn->state == CONN_FINISHING ||
           conn->state == CONN_LINGERING;
}

void
conn_read_more(struct conn *conn)
{
    while (wants_read(conn) && conn->transport->has_more(conn))
        do_read(conn);
}

static void
on_io(struct ev_loop *ev, ev_io *io, int revents)
{
    struct conn *conn = io->data;

    (void)ev;
    if (conn->state == CONN_CONNECTING) {
        on_connected(conn);
        return;
    }
    if (conn->state == CONN_HANDSHAKE) {
        shake_hands(conn);
        return;
    }
    if (conn->on_ready != NULL) {
        conn->on_ready(conn, revents);
        return;
    }
    if ((revents & EV_WRITE) != 0) {
        conn->blocked = false;
        flush(conn);
    }
    if ((revents & EV_READ) == 0 || !wants_read(conn))
        return;
    do_read(conn);
    conn_read_more(conn);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct conn *conn = timer->data;

    (void)ev;
    (void)revents;
    if (conn->state == CONN_FINISHING || conn->state == CONN_LINGERING)
        end(conn, CONN_END_PEER_CLOSED, 0);
    else if (conn->state == CONN_HANDSHAKE)
        end(conn, CONN_END_HANDSHAKE_TIMEOUT, 0);
    else
        conn_fail(conn, conn->connect_error != 0 ? conn->connect_error : ETIMEDOUT);
}

void
conn_init(struct conn *conn, struct loop *loop, const struct conn_ops *ops, void *owner)
{
    memset(conn, 0, sizeof(*conn));
    conn->loop = loop;
    conn->ops = ops;
    conn->owner = owner;
    conn->transport = &transport_plain;
    conn->fd = -1;
    ev_init(&conn->io, on_io);
    conn->io.data = conn;
    ev_init(&conn->timer, on_timer);
    conn->timer.data = conn;
}

static void
take_descriptor(struct conn *conn, int fd)
{
    int on = 1;

    /* Fails on a unix socket, which needs none. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->fd = fd;
    conn->on_ready = NULL;
    conn->paused = conn->handshake_writes = conn->blocked = conn->was_high = false;
    conn->connect_error = 0;
    conn->queued = 0;
    conn->read_at_ms = loop_now_ms(conn->loop);
}

void
conn_accept(struct conn *conn, int fd)
{
    ensure(conn->state == CONN_CLOSED);
    take_descriptor(conn, fd);
    conn->state = conn->transport->handshake != NULL ? CONN_HANDSHAKE : CONN_OPEN;
    update_io(conn);
}

void
conn_connect(struct conn *conn, const struct addr *addr, uint64_t timeout_ms)
{
    int fd, error = 0;

    ensure(conn->state == CONN_CLOSED);
    fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        error = errno;
    take_descriptor(conn, fd);
    if (fd != -1 && connect(fd, &addr->sa.any, addr->len) == -1 && errno != EINPROGRESS)
        error = errno;
    conn->connect_error = error;
    conn->state = CONN_CONNECTING;
    if (conn->connect_error == 0)
        update_io(conn);
    loop_timer_start(conn->loop, &conn->timer, conn->connect_error == 0 ? timeout_ms : 0);
}

void
conn_close(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn->state = CONN_CLOSED;
    update_io(conn);
    loop_timer_stop(conn->loop, &conn->timer);
    conn->transport->release(conn);
    if (conn->fd != -1)
        close(conn->fd);
    conn->fd = -1;
    conn->queued = conn_written(conn);
    buf_clear(&conn->in, &conn->loop->slab);
    buf_clear(&conn->out, &conn->loop->slab);
}

void
conn_abort(struct conn *conn)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};

    if (conn->state == CONN_CLOSED)
        return;
    if (conn->transport->spoil != NULL)
        conn->transport->spoil(conn);
    /* Fails on a unix socket, which has no reset. */
    (void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    conn_close(conn);
}

void
conn_take(struct conn *conn, void (*on_ready)(struct conn *conn, int events))
{
    ensure(conn->state == CONN_OPEN && conn->in.len == 0 && conn->out.len == 0);
    conn->on_ready = on_ready;
    conn->wanted = 0;
    update_io(conn);
}

void
conn_want(struct conn *conn, int events)
{
    conn->wanted = events;
    update_io(conn);
}

/* Everything is written: ends our side. */
static void
end_our_side(struct conn *conn)
{
    conn->state = CONN_LINGERING;
    loop_timer_start(conn->loop, &conn->timer, conn->linger_ms);
    conn->transport->finish(conn);
    update_io(conn);
}

void
conn_finish(struct conn *conn, uint64_t linger_ms)
{
    if (conn->state != CONN_OPEN) {
        conn_close(conn);
        return;
    }
    conn->state = CONN_FINISHING;
    conn->linger_ms = linger_ms;
    loop_timer_start(conn->loop, &conn->timer, FLUSH_MS);
    update_io(conn);
    if (conn->out.len == 0)
        end_our_side(conn);
}

void
conn_pause(struct conn *conn)
{
    conn->paused = true;
    update_io(conn);
}

void
conn_resume(struct conn *conn)
{
    if (conn->paused)
        conn->read_at_ms = loop_now_ms(conn->loop);
    conn->paused = false;
    update_io(conn);
    if (conn->state == CONN_OPEN && conn->transport->has_more(conn))
        ev_feed_event(conn->loop->ev, &conn->io, EV_READ);
}

uint8_t *
conn_put(struct conn *conn, size_t n)
{
    uint8_t *room;

    if (conn->state != CONN_OPEN)
        return NULL;
    room = buf_extend(&conn->out, &conn->loop->slab, n);
    if (room == NULL)
        return NULL;
    if (conn->out.len == n)
        conn->wrote_at_ms = loop_now_ms(conn->loop);
    conn->queued += n;
    if (conn->out.len >= CONN_OUT_HIGH)
        conn->was_high = true;
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->dirty_next = conn->loop->dirty;
        conn->loop->dirty = conn;
    }
    return room;
}

static void
after_write(struct conn *conn)
{
    update_io(conn);
    if (conn->state == CONN_FINISHING && conn->out.len == 0) {
        end_our_side(conn);
    } else if (conn->was_high && conn->out.len < CONN_OUT_HIGH / 2) {
        conn->was_high = false;
        if (conn->state == CONN_OPEN)
            conn->ops->on_room(conn);
    }
}

static void
flush(struct conn *conn)
{
    enum io_result result = IO_DONE;
    size_t n = 0;

    if (conn->blocked || conn->out.len == 0 ||
        (conn->state != CONN_OPEN && conn->state != CONN_FINISHING))
        return;
    result = conn->transport->write(conn, buf_bytes(&conn->out), conn->out.len, &n);
    switch (result) {
    case IO_DONE:
        conn->wrote_at_ms = loop_now_ms(conn->loop);
        conn->blocked = n < conn->out.len;
        if (conn->state == CONN_FINISHING)
            loop_timer_start(conn->loop, &conn->timer, FLUSH_MS);
        buf_consume(&conn->out, &conn->loop->slab, n);
        after_write(conn);
        break;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        conn->blocked = true;
        after_write(conn);
        break;
    case IO_CLOSED:
        end(conn, CONN_END_PEER_CLOSED, 0);
        break;
    case IO_FAILED:
        conn_fail(conn, errno);
        break;
    }
}

void
conn_flush_dirty(struct loop *loop)
{
    struct conn *conn;

    while ((conn = loop->dirty) != NULL) {
        loop->dirty = conn->dirty_next;
        conn->is_dirty = false;
        flush(conn);
    }
}
