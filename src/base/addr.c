/* SPDX-License-Identifier: ISC */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE 256

static bool
parse_unix(const char *path, struct addr *addr, const char **why)
{
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(addr->sa.unix_.sun_path)) {
        *why = n == 0 ? "the path of the socket is missing: unix:/run/name.sock"
                      : "the path of a unix socket has at most 107 characters";
        return false;
    }
    memset(addr, 0, sizeof(*addr));
    addr->sa.unix_.sun_family = AF_UNIX;
    memcpy(addr->sa.unix_.sun_path, path, n + 1);
    addr->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
    return true;
}

/* Cuts text at its last colon; a bare number is a port. */
static bool
split(const char *text, const char *default_host, char host[static HOST_SIZE], const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t n;

    if (colon == NULL) {
        *port = text;
        n = 0;
    } else {
        *port = colon + 1;
        n = (size_t)(colon - text);
    }
    if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    } else if (memchr(text, ':', n) != NULL) {
        return false;
    }
    if (n == 0) {
        text = default_host;
        n = strlen(default_host);
    }
    if (n >= HOST_SIZE)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    return true;
}

bool
addr_parse(const char *text, const char *default_host, struct addr *addr, const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found;
    char host[HOST_SIZE], *end;
    const char *port;
    unsigned long number;

    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, addr, why);
    if (!split(text, default_host, host, &port)) {
        *why = "an address is HOST:PORT, [IPV6]:PORT, PORT or unix:PATH";
        return false;
    }
    number = strtoul(port, &end, 10);
    if (*port < '0' || *port > '9' || *end != '\0' || number > UINT16_MAX) {
        *why = "a port is a number from 0 to 65535, after a colon: 192.0.2.1:2775";
        return false;
    }
    if (inet_pton(AF_INET, host, &addr->sa.in4.sin_addr) == 1 || strchr(host, ':') != NULL)
        hints.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        *why = "no address can be found for this host name";
        return false;
    }
    memset(addr, 0, sizeof(*addr));
    memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

const char *
addr_format(const struct addr *addr, char out[static ADDR_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN];

    switch (addr->sa.any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &addr->sa.in4.sin_addr, host, sizeof(host));
        snprintf(out, ADDR_TEXT_SIZE, "%s:%u", host, addr_port(addr));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &addr->sa.in6.sin6_addr, host, sizeof(host));
        snprintf(out, ADDR_TEXT_SIZE, "[%s]:%u", host, addr_port(addr));
        break;
    case AF_UNIX:
        snprintf(out, ADDR_TEXT_SIZE, "unix:%s",
                 addr->len > offsetof(struct sockaddr_un, sun_path) ? addr->sa.unix_.sun_path : "");
        break;
    default:
        snprintf(out, ADDR_TEXT_SIZE, "none");
    }
    return out;
}

uint16_t
addr_port(const struct addr *addr)
{
    if (addr->sa.any.sa_family == AF_INET)
        return ntohs(addr->sa.in4.sin_port);
    if (addr->sa.any.sa_family == AF_INET6)
        return ntohs(addr->sa.in6.sin6_port);
    return 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
    return a->len == b->len && memcmp(&a->sa, &b->sa, a->len) == 0;
}
