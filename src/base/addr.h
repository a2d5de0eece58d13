/* SPDX-License-Identifier: ISC */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/ensure.h"

/* A transport address: IPv4, IPv6 or a unix socket's path. */
struct addr {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
        struct sockaddr_un unix_;
    } sa;
};

#define ADDR_TEXT_SIZE 128
#define ADDR_HOST_SIZE 256

/*
 * Reads what addr_parse reads, but looks nothing up: of a name, `host` and `port` are set
 * and addr->len is 0; of all else the address, and host is "".
 * False: *why says, in a few words, what is wrong and what would be right.
 */
MUST_USE bool
addr_read(const char *text, const char *default_host, struct addr *addr,
          char host[static ADDR_HOST_SIZE], uint16_t *port, const char **why);

/*
 * Reads "192.0.2.1:2775", "[2001:db8::1]:2775", "name:2775", "2775" (then the
 * host is `default_host`), ":2775" (likewise) or "unix:/run/x.sock". A name is
 * looked up by the system's resolver, which may block.
 * False: *why says, in a few words, what is wrong and what would be right.
 */
MUST_USE bool
addr_parse(const char *text, const char *default_host, struct addr *addr, const char **why);

/* Reads an IP address alone; its port is 0. False: it is none, and addr->len is 0. */
bool
addr_read_ip(const char *text, struct addr *addr);

bool
addr_is_ip(const char *text);

/* The host in what addr_read reads, as it is written there, without brackets; "" of a unix
 * socket. Returns out. */
const char *
addr_host(const char *text, const char *default_host, char out[static ADDR_HOST_SIZE]);

/* Writes addr as addr_parse reads it; returns out. */
const char *
addr_format(const struct addr *addr, char out[static ADDR_TEXT_SIZE]);

/* The port, 0 for a unix socket. */
uint16_t
addr_port(const struct addr *addr);

bool
addr_equal(const struct addr *a, const struct addr *b);

#endif
