/* SPDX-License-Identifier: ISC */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"

/*
 * Networks, and lists of them. IPv4 is kept as what IPv6 maps it to, ::ffff:0:0/96, so
 * that an address is in its network in whichever of the two forms it comes.
 */

#define CIDR_KEY_SIZE 16
#define CIDR_UNIX 255       /* as `bits`: the clients of unix sockets */

struct cidr {
    uint8_t key[CIDR_KEY_SIZE];
    uint8_t bits;           /* 0 to 128 */
};

/* The host of an address in 16 octets. False: it has none, as a unix socket. */
MUST_USE bool
cidr_key(const struct addr *addr, uint8_t key[static CIDR_KEY_SIZE]);

bool
cidr_has(const struct cidr *cidr, const struct addr *addr);

struct cidr_list {
    struct cidr *nets;      /* NULL: empty */
    size_t count;
};

#define CIDR_WHY_SIZE 160

/*
 * Reads "192.0.2.0/24, 2001:db8::/32 198.51.100.7 unix": networks, single addresses and
 * the word for unix sockets, with commas or blanks between. "" is the empty list.
 * False: `why` says what would be right, and the list is empty.
 */
MUST_USE bool
cidr_list_parse(const char *text, struct cidr_list *list, char why[static CIDR_WHY_SIZE]);

void
cidr_list_fini(struct cidr_list *list);

/* Is the address in one of them? */
bool
cidr_list_has(const struct cidr_list *list, const struct addr *addr);

/* One of the list as it is read: "192.0.2.0/24"; a single address is without its bits.
 * Returns out. */
#define CIDR_TEXT_SIZE 56
const char *
cidr_format(const struct cidr *cidr, char out[static CIDR_TEXT_SIZE]);

#endif
