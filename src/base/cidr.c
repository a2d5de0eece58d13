/* SPDX-License-Identifier: ISC */
#include "base/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS ", \t"
#define MAPPED_BITS 96

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static void
map(const struct in_addr *in4, uint8_t key[static CIDR_KEY_SIZE])
{
    memcpy(key, mapped, sizeof(mapped));
    memcpy(key + sizeof(mapped), in4, sizeof(*in4));
}

bool
cidr_key(const struct addr *addr, uint8_t key[static CIDR_KEY_SIZE])
{
    switch (addr->sa.any.sa_family) {
    case AF_INET:
        map(&addr->sa.in4.sin_addr, key);
        return true;
    case AF_INET6:
        memcpy(key, &addr->sa.in6.sin6_addr, CIDR_KEY_SIZE);
        return true;
    default:
        return false;
    }
}

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned rest = bits % 8;

    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

bool
cidr_has(const struct cidr *cidr, const struct addr *addr)
{
    uint8_t key[CIDR_KEY_SIZE];

    if (!cidr_key(addr, key))
        return cidr->bits == CIDR_UNIX && addr->sa.any.sa_family == AF_UNIX;
    return cidr->bits != CIDR_UNIX && same_bits(cidr->key, key, cidr->bits);
}

bool
cidr_list_has(const struct cidr_list *list, const struct addr *addr)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (cidr_has(&list->nets[i], addr))
            return true;
    return false;
}

static bool
is_v4(const struct cidr *cidr)
{
    return cidr->bits >= MAPPED_BITS && memcmp(cidr->key, mapped, sizeof(mapped)) == 0;
}

const char *
cidr_format(const struct cidr *cidr, char out[static CIDR_TEXT_SIZE])
{
    bool v4 = is_v4(cidr);
    size_t len;

    if (cidr->bits == CIDR_UNIX) {
        snprintf(out, CIDR_TEXT_SIZE, "unix");
        return out;
    }
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? cidr->key + sizeof(mapped) : cidr->key, out,
              INET6_ADDRSTRLEN);
    len = strlen(out);
    if (cidr->bits < 128)
        snprintf(out + len, CIDR_TEXT_SIZE - len, "/%d", cidr->bits - (v4 ? MAPPED_BITS : 0));
    return out;
}

/* What stands in the host's part; the network alone is meant. */
static bool
clear_host(struct cidr *cidr)
{
    uint8_t was[CIDR_KEY_SIZE];
    unsigned i;

    memcpy(was, cidr->key, sizeof(was));
    for (i = cidr->bits; i < 128; i++)
        cidr->key[i / 8] = (uint8_t)(cidr->key[i / 8] & ~(0x80 >> i % 8));
    return memcmp(was, cidr->key, sizeof(was)) != 0;
}

/* The number behind the slash; without one all of the address counts. */
static bool
parse_bits(const char *slash, unsigned most, unsigned *bits)
{
    size_t len = slash != NULL ? strspn(slash + 1, "0123456789") : 0;

    *bits = most;
    if (slash == NULL)
        return true;
    if (len == 0 || len > 3 || slash[1 + len] != '\0')
        return false;
    *bits = (unsigned)strtoul(slash + 1, NULL, 10);
    return *bits <= most;
}

static bool
parse_one(char *text, struct cidr *cidr, char why[static CIDR_WHY_SIZE])
{
    char *slash = strchr(text, '/'), right[CIDR_TEXT_SIZE];
    bool is_unix = strcmp(text, "unix") == 0, v4, v6;
    struct in_addr in4;
    unsigned bits;

    memset(cidr, 0, sizeof(*cidr));
    cidr->bits = CIDR_UNIX;
    if (is_unix)
        return true;
    if (slash != NULL)
        *slash = '\0';
    v4 = inet_pton(AF_INET, text, &in4) == 1;
    v6 = !v4 && inet_pton(AF_INET6, text, cidr->key) == 1;
    if ((!v4 && !v6) || !parse_bits(slash, v4 ? 32 : 128, &bits)) {
        snprintf(why, CIDR_WHY_SIZE, "must be networks such as 192.0.2.0/24 or 2001:db8::/32, "
                 "single addresses, or the word unix");
        return false;
    }
    if (v4)
        map(&in4, cidr->key);
    cidr->bits = (uint8_t)(bits + (v4 ? MAPPED_BITS : 0));
    if (!clear_host(cidr))
        return true;
    snprintf(why, CIDR_WHY_SIZE, "%s/%u is no network, for its host isn't 0: write %s", text, bits,
             cidr_format(cidr, right));
    return false;
}

static bool
add(struct cidr_list *list, char *text, char why[static CIDR_WHY_SIZE])
{
    struct cidr *nets = realloc(list->nets, (list->count + 1) * sizeof(*nets));

    if (nets == NULL) {
        snprintf(why, CIDR_WHY_SIZE, "memory is short");
        return false;
    }
    list->nets = nets;
    return parse_one(text, &nets[list->count++], why);
}

bool
cidr_list_parse(const char *text, struct cidr_list *list, char why[static CIDR_WHY_SIZE])
{
    char *copy = strdup(text), *rest = copy, *one;
    bool ok = copy != NULL;

    *list = (struct cidr_list){NULL, 0};
    if (!ok)
        snprintf(why, CIDR_WHY_SIZE, "memory is short");
    while (ok && (one = strsep(&rest, SEPARATORS)) != NULL)
        if (*one != '\0')
            ok = add(list, one, why);
    free(copy);
    if (!ok)
        cidr_list_fini(list);
    return ok;
}

void
cidr_list_fini(struct cidr_list *list)
{
    free(list->nets);
    *list = (struct cidr_list){NULL, 0};
}
