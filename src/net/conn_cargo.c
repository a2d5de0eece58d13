/* SPDX-License-Identifier: ISC */
/*
 * How a conn goes from one loop to another. Buffers belong to a loop's slab, so
 * what is in them is copied; descriptor and transport_data go along as they are.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/conn_inner.h"

struct conn_cargo {
    int fd;
    const struct transport *transport;
    void *transport_data;
    uint64_t written;
    size_t in_len;
    size_t out_len;
    uint8_t bytes[];        /* in, then out */
};

struct conn_cargo *
conn_detach(struct conn *conn, const uint8_t *in, size_t n)
{
    size_t queued = conn->out.len;
    struct conn_cargo *cargo = malloc(sizeof(*cargo) + n + queued);

    ensure(conn->state == CONN_OPEN && n <= LOOP_SCRATCH);
    if (cargo == NULL)
        return NULL;
    cargo->fd = conn->fd;
    cargo->transport = conn->transport;
    cargo->transport_data = conn->transport_data;
    cargo->written = conn_written(conn);
    cargo->in_len = n;
    cargo->out_len = queued;
    memcpy(cargo->bytes, in, n);
    if (queued > 0)
        memcpy(cargo->bytes + n, buf_bytes(&conn->out), queued);
    conn->fd = -1;
    conn->transport = &transport_plain;
    conn->transport_data = NULL;
    conn_close(conn);
    loop_forget(conn->loop, cargo->fd);
    return cargo;
}

/* False: out of memory. */
static bool
queue(struct conn *conn, const uint8_t *bytes, size_t n)
{
    uint8_t *room;

    if (n == 0)
        return true;
    room = conn_put(conn, n);
    if (room != NULL)
        memcpy(room, bytes, n);
    return room != NULL;
}

void
conn_attach(struct conn *conn, struct conn_cargo *cargo)
{
    size_t n = cargo->in_len;
    bool whole;

    conn_accept(conn, cargo->fd);
    conn->transport = cargo->transport;
    conn->transport_data = cargo->transport_data;
    conn->queued = cargo->written;
    whole = queue(conn, cargo->bytes + n, cargo->out_len);
    memcpy(conn->loop->scratch, cargo->bytes, n);
    free(cargo);
    if (!whole) {
        conn_close(conn);
        conn->ops->on_end(conn, CONN_END_NO_MEMORY, 0);
        return;
    }
    if (n > 0)
        conn_deliver(conn, n);
    conn_read_more(conn);
}

void
conn_cargo_free(struct conn_cargo *cargo)
{
    struct conn conn;

    if (cargo == NULL)
        return;
    conn = (struct conn){.fd = cargo->fd, .transport = cargo->transport,
                         .transport_data = cargo->transport_data};
    conn.transport->release(&conn);
    close(conn.fd);
    free(cargo);
}
