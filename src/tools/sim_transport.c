/* SPDX-License-Identifier: ISC */
#include "tools/sim_transport.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/tls.h"
#include "tools/sim_session.h"

uint64_t
sim_transport_turn_octets(const struct sim_node *node)
{
    uint64_t octets = node->faults.slow_octets / SIM_TURNS;

    return octets > 0 ? octets : 1;
}

/* What carries the octets in truth. */
static const struct transport *
base(const struct sim_session *session)
{
    return session->node->tls != NULL ? &transport_tls : &transport_plain;
}

static enum io_result
read_some(struct conn *conn, void *bytes, size_t size, size_t *n)
{
    struct sim_session *session = conn->owner;
    enum io_result result;

    if (session->node->faults.slow_octets == 0)
        return base(session)->read(conn, bytes, size, n);
    if (session->octets_left == 0)
        return IO_WANT_READ;
    if (size > session->octets_left)
        size = session->octets_left;
    result = base(session)->read(conn, bytes, size, n);
    if (result == IO_DONE)
        session->octets_left -= *n;
    return result;
}

/* Sends all but the end of the last PDU, and has the close be a reset. */
static enum io_result
reset_mid(struct conn *conn, const void *bytes, size_t size, size_t *n)
{
    struct sim_session *session = conn->owner;
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)base(session)->write(conn, bytes, size - PDU_HEADER / 2, n);
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    errno = ECONNRESET;
    return IO_FAILED;
}

static enum io_result
write_some(struct conn *conn, const void *bytes, size_t size, size_t *n)
{
    struct sim_session *session = conn->owner;

    sim_log_flush(&session->node->sim->log);
    if (session->reset_mid && size >= PDU_HEADER)
        return reset_mid(conn, bytes, size, n);
    if (session->node->faults.trickle && size > 1)
        size = 1;
    return base(session)->write(conn, bytes, size, n);
}

static bool
has_more(const struct conn *conn)
{
    const struct sim_session *session = conn->owner;

    return (session->node->faults.slow_octets == 0 || session->octets_left > 0) &&
           base(session)->has_more(conn);
}

static void
finish(struct conn *conn)
{
    base(conn->owner)->finish(conn);
}

static void
release(struct conn *conn)
{
    base(conn->owner)->release(conn);
}

static enum io_result
handshake_tls(struct conn *conn)
{
    return transport_tls.handshake(conn);
}

static const struct transport over_plain = {
    .read = read_some,
    .write = write_some,
    .has_more = has_more,
    .finish = finish,
    .release = release,
};

static const struct transport over_tls = {
    .handshake = handshake_tls,
    .read = read_some,
    .write = write_some,
    .has_more = has_more,
    .finish = finish,
    .release = release,
};

void
sim_transport_set(struct sim_session *session)
{
    if (session->node->tls != NULL)
        tls_accept(&session->conn, session->node->tls);
    session->conn.transport = session->node->tls != NULL ? &over_tls : &over_plain;
}
