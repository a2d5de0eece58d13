/* SPDX-License-Identifier: ISC */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
split(const char *text, const char *default_host, char host[static ADDR_HOST_SIZE],
      const char **port)
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
    if (n >= ADDR_HOST_SIZE)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    return true;
}

static bool
parse_port(const char *text, uint16_t *port, const char **why)
{
    unsigned long number;
    char *end;

    number = strtoul(text, &end, 10);
    *why = "a port is a number from 0 to 65535, after a colon: 192.0.2.1:2775";
    *port = (uint16_t)number;
    return *text >= '0' && *text <= '9' && *end == '\0' && number <= UINT16_MAX;
}

static bool
look_up(const char *host, uint16_t port, int flags, struct addr *addr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *found;
    char service[8];

    snprintf(service, sizeof(service), "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return false;
    memset(addr, 0, sizeof(*addr));
    memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool
is_name(const char *host)
{
    size_t len = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    return host[len] == '\0' && strspn(host, "0123456789.") < len;
}

bool
addr_read_ip(const char *text, struct addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    if (inet_pton(AF_INET, text, &addr->sa.in4.sin_addr) == 1) {
        addr->sa.in4.sin_family = AF_INET;
        addr->len = sizeof(addr->sa.in4);
    } else if (inet_pton(AF_INET6, text, &addr->sa.in6.sin6_addr) == 1) {
        addr->sa.in6.sin6_family = AF_INET6;
        addr->len = sizeof(addr->sa.in6);
    }
    return addr->len > 0;
}

bool
addr_is_ip(const char *text)
{
    struct addr spare;

    return addr_read_ip(text, &spare);
}

const char *
addr_host(const char *text, const char *default_host, char out[static ADDR_HOST_SIZE])
{
    const char *port;

    if (strncmp(text, "unix:", 5) == 0 || !split(text, default_host, out, &port))
        out[0] = '\0';
    return out;
}

bool
addr_read(const char *text, const char *default_host, struct addr *addr,
          char host[static ADDR_HOST_SIZE], uint16_t *port, const char **why)
{
    const char *service;

    host[0] = '\0';
    *port = 0;
    memset(addr, 0, sizeof(*addr));
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, addr, why);
    if (!split(text, default_host, host, &service)) {
        *why = "an address is HOST:PORT, [IPV6]:PORT, PORT or unix:PATH";
        return false;
    }
    if (!parse_port(service, port, why))
        return false;
    if (look_up(host, *port, AI_NUMERICHOST, addr)) {
        host[0] = '\0';
        return true;
    }
    *why = "this is neither an address nor the name of a host";
    return is_name(host);
}

bool
addr_parse(const char *text, const char *default_host, struct addr *addr, const char **why)
{
    char host[ADDR_HOST_SIZE];
    uint16_t port;

    if (!addr_read(text, default_host, addr, host, &port, why))
        return false;
    *why = "no address can be found for this host name";
    return host[0] == '\0' || look_up(host, port, AI_ADDRCONFIG, addr);
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
