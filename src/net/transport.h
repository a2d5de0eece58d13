/* SPDX-License-Identifier: ISC */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct conn;

/* What a step of a transport ends in. */
enum io_result {
    IO_DONE,        /* did something; *n says how much */
    IO_WANT_READ,   /* nothing now: again when the descriptor is readable */
    IO_WANT_WRITE,  /* nothing now: again when it is writable */
    IO_CLOSED,      /* the peer has ended its side */
    IO_FAILED,      /* errno says why */
};

/*
 * How octets get from and to the peer. conn calls it and knows no more of it;
 * what a transport needs to remember is in conn->transport_data, which is its own. It
 * must not point to the conn: on the way to another loop it is kept, and the conn
 * that it comes to is another one.
 */
struct transport {
    enum io_result (*handshake)(struct conn *conn);     /* NULL: there is none */
    enum io_result (*read)(struct conn *conn, void *bytes, size_t size, size_t *n);
    enum io_result (*write)(struct conn *conn, const void *bytes, size_t size, size_t *n);
    bool (*has_more)(const struct conn *conn);  /* octets that no poll will tell of */
    void (*finish)(struct conn *conn);          /* ends our side; the peer's stays */
    void (*spoil)(struct conn *conn);           /* release says no goodbye; NULL: it never does */
    void (*release)(struct conn *conn);         /* frees transport_data; before close(fd) */
    /* In words, behind a failure with EPROTO; NULL: it never fails so. Valid until
     * release. */
    const char *(*why)(const struct conn *conn);
};

/* The descriptor itself. */
extern const struct transport transport_plain;

#endif
