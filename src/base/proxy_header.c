/* SPDX-License-Identifier: ISC */
#include "base/proxy_header.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define V1_MAX 107              /* of a line, with its end */
#define V2_FIXED 16             /* signature, command, family, length */

static const uint8_t v1_start[] = "PROXY ";
static const uint8_t v2_start[] = "\r\n\r\n\0\r\nQUIT\n";

#define V1_START (sizeof(v1_start) - 1)
#define V2_START (sizeof(v2_start) - 1)

enum { V2_LOCAL = 0x20, V2_PROXY = 0x21 };
enum { V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21, V2_UNIX = 0x31 };
enum { V2_TCP4_SIZE = 12, V2_TCP6_SIZE = 36, V2_UNIX_SIZE = 216 };

static enum proxy_header_end
bad(struct proxy_header *header, const char *why)
{
    header->why = why;
    return PROXY_HEADER_BAD;
}

static void
put_in4(struct addr *addr, const void *host, uint16_t port)
{
    addr->len = sizeof(addr->sa.in4);
    addr->sa.in4.sin_family = AF_INET;
    addr->sa.in4.sin_port = htons(port);
    memcpy(&addr->sa.in4.sin_addr, host, sizeof(addr->sa.in4.sin_addr));
}

static void
put_in6(struct addr *addr, const void *host, uint16_t port)
{
    addr->len = sizeof(addr->sa.in6);
    addr->sa.in6.sin6_family = AF_INET6;
    addr->sa.in6.sin6_port = htons(port);
    memcpy(&addr->sa.in6.sin6_addr, host, sizeof(addr->sa.in6.sin6_addr));
}

/*
 * Version 1: a line of words with one blank between.
 */

static bool
parse_host(const char *text, int family, struct addr *addr)
{
    uint8_t host[16];

    if (text == NULL || inet_pton(family, text, host) != 1)
        return false;
    if (family == AF_INET)
        put_in4(addr, host, 0);
    else
        put_in6(addr, host, 0);
    return true;
}

static bool
parse_port(const char *text, struct addr *addr)
{
    size_t len = text != NULL ? strspn(text, "0123456789") : 0;
    unsigned long port;

    if (len == 0 || len > 5 || text[len] != '\0' || (text[0] == '0' && len > 1))
        return false;
    port = strtoul(text, NULL, 10);
    if (addr->sa.any.sa_family == AF_INET)
        addr->sa.in4.sin_port = htons((uint16_t)port);
    else
        addr->sa.in6.sin6_port = htons((uint16_t)port);
    return port <= UINT16_MAX;
}

static enum proxy_header_end
parse_words(char *words, struct proxy_header *header)
{
    const char *family = strsep(&words, " ");
    int number = AF_INET;

    if (strcmp(family, "UNKNOWN") == 0)     /* whatever comes behind it */
        return PROXY_HEADER_WHOLE;
    if (strcmp(family, "TCP6") == 0)
        number = AF_INET6;
    else if (strcmp(family, "TCP4") != 0)
        return bad(header, "a family other than TCP4, TCP6 and UNKNOWN");
    if (!parse_host(strsep(&words, " "), number, &header->source) ||
        !parse_host(strsep(&words, " "), number, &header->dest))
        return bad(header, "no address of that family");
    if (!parse_port(strsep(&words, " "), &header->source) ||
        !parse_port(strsep(&words, " "), &header->dest) || words != NULL)
        return bad(header, "no two ports at its end");
    return PROXY_HEADER_WHOLE;
}

static enum proxy_header_end
parse_v1(const uint8_t *bytes, size_t n, struct proxy_header *header)
{
    size_t seen = n < V1_MAX ? n : V1_MAX;
    const uint8_t *end = memchr(bytes, '\n', seen);
    char words[V1_MAX];
    size_t len;

    if (end == NULL)
        return n < V1_MAX ? PROXY_HEADER_PARTIAL : bad(header, "a line of over 107 octets");
    len = (size_t)(end - bytes) - V1_START;
    if (len < 1 || end[-1] != '\r')
        return bad(header, "a line that ends without a carriage return");
    memcpy(words, bytes + V1_START, len - 1);
    words[len - 1] = '\0';
    if (strlen(words) != len - 1)
        return bad(header, "a NUL in it");
    header->length = V1_START + len + 1;
    return parse_words(words, header);
}

/*
 * Version 2: binary. Behind the addresses extensions may stand, which are passed over.
 */

static enum proxy_header_end
parse_family(const uint8_t *bytes, size_t length, struct proxy_header *header)
{
    const uint8_t *at = bytes + V2_FIXED;

    switch (bytes[13]) {
    case V2_UNSPEC:
        return PROXY_HEADER_WHOLE;
    case V2_TCP4:
        if (length < V2_TCP4_SIZE)
            break;
        put_in4(&header->source, at, get_be16(at + 8));
        put_in4(&header->dest, at + 4, get_be16(at + 10));
        return PROXY_HEADER_WHOLE;
    case V2_TCP6:
        if (length < V2_TCP6_SIZE)
            break;
        put_in6(&header->source, at, get_be16(at + 32));
        put_in6(&header->dest, at + 16, get_be16(at + 34));
        return PROXY_HEADER_WHOLE;
    case V2_UNIX:       /* a path on another machine says nothing here */
        if (length < V2_UNIX_SIZE)
            break;
        return PROXY_HEADER_WHOLE;
    default:
        return bad(header, "a family other than streams over IPv4, IPv6 and unix sockets");
    }
    return bad(header, "shorter than its addresses");
}

static enum proxy_header_end
parse_v2(const uint8_t *bytes, size_t n, struct proxy_header *header)
{
    size_t length;

    if (n > 12 && bytes[12] != V2_LOCAL && bytes[12] != V2_PROXY)
        return bad(header, bytes[12] >> 4 == 2 ? "an unknown command" : "an unknown version");
    if (n < V2_FIXED)
        return PROXY_HEADER_PARTIAL;
    length = get_be16(bytes + 14);
    if (V2_FIXED + length > PROXY_HEADER_MAX)
        return bad(header, "over 536 octets");
    if (n < V2_FIXED + length)
        return PROXY_HEADER_PARTIAL;
    header->length = V2_FIXED + length;
    return bytes[12] == V2_LOCAL ? PROXY_HEADER_WHOLE : parse_family(bytes, length, header);
}

static bool
starts(const uint8_t *bytes, size_t n, const uint8_t *start, size_t size)
{
    return n > 0 && memcmp(bytes, start, n < size ? n : size) == 0;
}

enum proxy_header_end
proxy_header_parse(const uint8_t *bytes, size_t n, struct proxy_header *header)
{
    memset(header, 0, sizeof(*header));
    if (n == 0)
        return PROXY_HEADER_PARTIAL;
    if (starts(bytes, n, v1_start, V1_START))
        return n < V1_START ? PROXY_HEADER_PARTIAL : parse_v1(bytes, n, header);
    if (starts(bytes, n, v2_start, V2_START))
        return n < V2_START ? PROXY_HEADER_PARTIAL : parse_v2(bytes, n, header);
    return PROXY_HEADER_NONE;
}

bool
proxy_header_begins(uint8_t first)
{
    return first == v1_start[0] || first == v2_start[0];
}

static size_t
write_in4(uint8_t *at, const struct addr *source, const struct addr *dest)
{
    memcpy(at, &source->sa.in4.sin_addr, 4);
    put_be16(at + 8, addr_port(source));
    if (dest != NULL && dest->sa.any.sa_family == AF_INET) {
        memcpy(at + 4, &dest->sa.in4.sin_addr, 4);
        put_be16(at + 10, addr_port(dest));
    }
    return V2_TCP4_SIZE;
}

static size_t
write_in6(uint8_t *at, const struct addr *source, const struct addr *dest)
{
    memcpy(at, &source->sa.in6.sin6_addr, 16);
    put_be16(at + 32, addr_port(source));
    if (dest != NULL && dest->sa.any.sa_family == AF_INET6) {
        memcpy(at + 16, &dest->sa.in6.sin6_addr, 16);
        put_be16(at + 34, addr_port(dest));
    }
    return V2_TCP6_SIZE;
}

size_t
proxy_header_write(uint8_t out[static PROXY_HEADER_OUT], const struct addr *source,
                   const struct addr *dest)
{
    int family = source != NULL ? source->sa.any.sa_family : AF_UNSPEC;
    size_t length = 0;

    memset(out, 0, PROXY_HEADER_OUT);
    memcpy(out, v2_start, V2_START);
    out[12] = V2_PROXY;
    if (family == AF_INET) {
        out[13] = V2_TCP4;
        length = write_in4(out + V2_FIXED, source, dest);
    } else if (family == AF_INET6) {
        out[13] = V2_TCP6;
        length = write_in6(out + V2_FIXED, source, dest);
    } else {
        out[12] = V2_LOCAL;
    }
    put_be16(out + 14, (uint16_t)length);
    return V2_FIXED + length;
}
