/* SPDX-License-Identifier: ISC */
#include "base/cidr.h"

#include "unit/unit.h"

static struct addr
addr_of(const char *text)
{
    struct addr addr;
    const char *why;

    ck_assert_msg(addr_parse(text, "127.0.0.1", &addr, &why), "%s", text);
    return addr;
}

static bool
has(const char *nets, const char *text)
{
    struct addr addr = addr_of(text);
    char why[CIDR_WHY_SIZE];
    struct cidr_list list;
    bool found;

    ck_assert_msg(cidr_list_parse(nets, &list, why), "%s: %s", nets, why);
    found = cidr_list_has(&list, &addr);
    cidr_list_fini(&list);
    return found;
}

START_TEST(an_address_is_in_its_network_and_in_no_other)
{
    ck_assert(has("192.0.2.0/24", "192.0.2.0:1"));
    ck_assert(has("192.0.2.0/24", "192.0.2.255:1"));
    ck_assert(!has("192.0.2.0/24", "192.0.3.0:1"));
    ck_assert(!has("192.0.2.0/24", "192.0.1.255:1"));
    ck_assert(has("10.128.0.0/9", "10.255.0.1:1"));
    ck_assert(!has("10.128.0.0/9", "10.127.255.255:1"));
    ck_assert(has("2001:db8::/33", "[2001:db8:7fff::1]:1"));
    ck_assert(!has("2001:db8::/33", "[2001:db8:8000::1]:1"));
}
END_TEST

START_TEST(an_address_alone_is_a_network_of_its_own)
{
    ck_assert(has("192.0.2.7", "192.0.2.7:1"));
    ck_assert(!has("192.0.2.7", "192.0.2.6:1"));
    ck_assert(has("::1", "[::1]:1"));
    ck_assert(!has("::1", "[::2]:1"));
}
END_TEST

START_TEST(no_bits_take_everybody_of_the_family)
{
    ck_assert(has("0.0.0.0/0", "203.0.113.9:1"));
    ck_assert(!has("0.0.0.0/0", "[2001:db8::1]:1"));
    ck_assert(has("::/0", "[2001:db8::1]:1"));
    ck_assert(has("::/0", "203.0.113.9:1"));        /* IPv6 holds all of IPv4 */
}
END_TEST

START_TEST(ipv4_that_ipv6_maps_is_the_same_address)
{
    ck_assert(has("192.0.2.0/24", "[::ffff:192.0.2.9]:1"));
    ck_assert(has("::ffff:192.0.2.0/120", "192.0.2.9:1"));
    ck_assert(!has("::ffff:192.0.2.0/120", "192.0.3.9:1"));
    ck_assert(!has("192.0.2.0/24", "[::192.0.2.9]:1"));
}
END_TEST

START_TEST(a_list_has_what_any_of_its_networks_has)
{
    const char *list = "192.0.2.0/24, 198.51.100.7\t2001:db8::/32 ,,unix";

    ck_assert(has(list, "192.0.2.9:1"));
    ck_assert(has(list, "198.51.100.7:1"));
    ck_assert(has(list, "[2001:db8::9]:1"));
    ck_assert(has(list, "unix:/run/x"));
    ck_assert(!has(list, "198.51.100.8:1"));
    ck_assert(!has("", "192.0.2.9:1"));
}
END_TEST

START_TEST(the_clients_of_unix_sockets_are_a_network_by_name)
{
    ck_assert(!has("0.0.0.0/0 ::/0", "unix:/run/x"));
    ck_assert(!has("unix", "127.0.0.1:1"));
}
END_TEST

START_TEST(what_is_no_network_is_refused_with_what_would_be_right)
{
    static const char *const bad[] = {
        "x", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/2x", "::/129",
        "192.0.2.0/24/1", "/8", "localhost", "192.0.2.0/0000", "unix/1", "192.0.2.1:80",
    };
    char why[CIDR_WHY_SIZE];
    struct cidr_list list;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!cidr_list_parse(bad[i], &list, why), "accepted: %s", bad[i]);
        ck_assert_ptr_nonnull(strstr(why, "192.0.2.0/24"));
        ck_assert_uint_eq(list.count, 0);
    }
    ck_assert(!cidr_list_parse("10.1.2.3/8", &list, why));
    ck_assert_str_eq(why, "10.1.2.3/8 is no network, for its host isn't 0: write 10.0.0.0/8");
    ck_assert(!cidr_list_parse("192.0.2.0/24 2001:db8::1/32", &list, why));
    ck_assert_ptr_nonnull(strstr(why, "write 2001:db8::/32"));
}
END_TEST

START_TEST(a_network_is_written_as_it_is_read)
{
    static const char *const good[] = {
        "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "::/0", "::1", "2001:db8::/33", "unix",
        "128.0.0.0/1",
    };
    char why[CIDR_WHY_SIZE], out[CIDR_TEXT_SIZE];
    struct cidr_list list;
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert(cidr_list_parse(good[i], &list, why));
        ck_assert_uint_eq(list.count, 1);
        ck_assert_str_eq(cidr_format(&list.nets[0], out), good[i]);
        cidr_list_fini(&list);
    }
}
END_TEST

UNIT_MAIN("cidr", an_address_is_in_its_network_and_in_no_other,
          an_address_alone_is_a_network_of_its_own, no_bits_take_everybody_of_the_family,
          ipv4_that_ipv6_maps_is_the_same_address, a_list_has_what_any_of_its_networks_has,
          the_clients_of_unix_sockets_are_a_network_by_name,
          what_is_no_network_is_refused_with_what_would_be_right,
          a_network_is_written_as_it_is_read)
