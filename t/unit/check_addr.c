/* SPDX-License-Identifier: ISC */
#include "base/addr.h"

#include "unit/unit.h"

/* Reads text and writes it again. */
static const char *
round_trip(const char *text, const char *default_host)
{
    static char out[ADDR_TEXT_SIZE];
    struct addr addr;
    const char *why = NULL;

    if (!addr_parse(text, default_host, &addr, &why)) {
        ck_assert_ptr_nonnull(why);
        return why;
    }
    return addr_format(&addr, out);
}

START_TEST(an_ipv4_address_is_read_and_written_the_same)
{
    struct addr addr;
    const char *why;

    ck_assert_str_eq(round_trip("192.0.2.1:2775", "0.0.0.0"), "192.0.2.1:2775");
    ck_assert(addr_parse("192.0.2.1:2775", "0.0.0.0", &addr, &why));
    ck_assert_int_eq(addr.sa.any.sa_family, AF_INET);
    ck_assert_uint_eq(addr.len, sizeof(struct sockaddr_in));
    ck_assert_uint_eq(addr_port(&addr), 2775);
}
END_TEST

START_TEST(an_ipv6_address_is_read_and_written_the_same)
{
    struct addr addr;
    const char *why;

    ck_assert_str_eq(round_trip("[2001:db8::1]:65535", "0.0.0.0"), "[2001:db8::1]:65535");
    ck_assert_str_eq(round_trip("[::1]:0", "0.0.0.0"), "[::1]:0");
    ck_assert(addr_parse("[::1]:3550", "0.0.0.0", &addr, &why));
    ck_assert_int_eq(addr.sa.any.sa_family, AF_INET6);
    ck_assert_uint_eq(addr_port(&addr), 3550);
}
END_TEST

START_TEST(a_port_alone_takes_the_default_host)
{
    ck_assert_str_eq(round_trip("2775", "127.0.0.1"), "127.0.0.1:2775");
    ck_assert_str_eq(round_trip(":2775", "127.0.0.1"), "127.0.0.1:2775");
    ck_assert_str_eq(round_trip("2775", "::"), "[::]:2775");
}
END_TEST

START_TEST(a_unix_socket_is_its_path_and_has_no_port)
{
    struct addr addr;
    const char *why;
    char text[128] = "unix:";

    ck_assert_str_eq(round_trip("unix:/run/x.sock", ""), "unix:/run/x.sock");
    memset(text + 5, 'p', 107);
    ck_assert_str_eq(round_trip(text, ""), text);
    ck_assert(addr_parse(text, "", &addr, &why));
    ck_assert_uint_eq(addr_port(&addr), 0);
    text[5 + 107] = 'p';
    ck_assert(!addr_parse(text, "", &addr, &why));
    ck_assert_str_eq(why, "the path of a unix socket has at most 107 characters");
    ck_assert(!addr_parse("unix:", "", &addr, &why));
    ck_assert_ptr_nonnull(strstr(why, "unix:/run/name.sock"));
}
END_TEST

START_TEST(what_is_no_address_is_refused_with_what_would_be_right)
{
    static const char *const bad[] = {
        "", ":", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1x", "::1:2775", "[::1]", "[::1]2775",
        "[::1:2775", "::1]:2775", "[::g]:1", "127.0.0.1:99999999999999999999",
    };
    struct addr addr;
    const char *why;
    char name[400];
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        why = NULL;
        ck_assert_msg(!addr_parse(bad[i], "0.0.0.0", &addr, &why), "accepted: '%s'", bad[i]);
        ck_assert_ptr_nonnull(why);
    }
    memset(name, 'n', sizeof(name));
    strcpy(name + sizeof(name) - 3, ":1");
    ck_assert(!addr_parse(name, "0.0.0.0", &addr, &why));
}
END_TEST

START_TEST(addresses_are_equal_only_with_equal_host_and_port)
{
    struct addr a, b;
    const char *why;

    ck_assert(addr_parse("192.0.2.1:1", "", &a, &why));
    ck_assert(addr_parse("192.0.2.1:1", "", &b, &why));
    ck_assert(addr_equal(&a, &b));
    ck_assert(addr_parse("192.0.2.1:2", "", &b, &why));
    ck_assert(!addr_equal(&a, &b));
    ck_assert(addr_parse("192.0.2.2:1", "", &b, &why));
    ck_assert(!addr_equal(&a, &b));
    ck_assert(addr_parse("[::1]:1", "", &b, &why));
    ck_assert(!addr_equal(&a, &b));
}
END_TEST

START_TEST(an_address_of_no_family_is_written_as_none)
{
    char out[ADDR_TEXT_SIZE];
    struct addr addr;

    memset(&addr, 0, sizeof(addr));
    ck_assert_str_eq(addr_format(&addr, out), "none");
    addr.sa.unix_.sun_family = AF_UNIX;
    addr.len = sizeof(sa_family_t);
    ck_assert_str_eq(addr_format(&addr, out), "unix:");
}
END_TEST

START_TEST(an_ip_address_may_stand_alone)
{
    char out[ADDR_TEXT_SIZE];
    struct addr addr;

    ck_assert(addr_read_ip("192.0.2.1", &addr));
    ck_assert_str_eq(addr_format(&addr, out), "192.0.2.1:0");
    ck_assert(addr_read_ip("2001:db8::1", &addr));
    ck_assert_str_eq(addr_format(&addr, out), "[2001:db8::1]:0");
    ck_assert(!addr_read_ip("192.0.2.1:1", &addr));
    ck_assert_uint_eq(addr.len, 0);
    ck_assert(addr_is_ip("::") && !addr_is_ip("") && !addr_is_ip("[::]") && !addr_is_ip("a.b"));
}
END_TEST

START_TEST(the_host_of_an_address_is_as_it_is_written)
{
    static const char *const rows[][2] = {
        {"smsc.example:2775", "smsc.example"}, {"192.0.2.1:1", "192.0.2.1"},
        {"[2001:DB8::1]:1", "2001:DB8::1"}, {"2775", "127.0.0.1"}, {":2775", "127.0.0.1"},
        {"unix:/run/a:1", ""},
    };
    char out[ADDR_HOST_SIZE];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_str_eq(addr_host(rows[i][0], "127.0.0.1", out), rows[i][1]);
}
END_TEST

UNIT_MAIN("addr", an_ipv4_address_is_read_and_written_the_same,
          an_ipv6_address_is_read_and_written_the_same, a_port_alone_takes_the_default_host,
          a_unix_socket_is_its_path_and_has_no_port,
          what_is_no_address_is_refused_with_what_would_be_right,
          addresses_are_equal_only_with_equal_host_and_port,
          an_address_of_no_family_is_written_as_none, an_ip_address_may_stand_alone,
          the_host_of_an_address_is_as_it_is_written)
