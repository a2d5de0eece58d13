/* SPDX-License-Identifier: ISC */
/* Who may ask: hosts, origins, tokens. */
#include "admin/guard.h"
#include "unit/unit.h"

START_TEST(our_own_hosts_are_let_in)
{
    static const char *const good[] = {
        "localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080",
        "192.0.2.7:80", "a.example", "A.EXAMPLE:443", "b", "b:1",
    };
    static const char *const bad[] = {
        "", ":80", "c", "a.example.", "xa.example", "a.examplex", "a.example:x", "a.example:80:80",
        "[::1", "::1", "[]", "[a.example]x", "127.0.0.1.", "127.1.evil", "a.example b", " ", ",",
    };
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(guard_host(good[i], " a.example,\tb "), "refused: %s", good[i]);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!guard_host(bad[i], " a.example,\tb "), "let in: %s", bad[i]);
    ck_assert(!guard_host("a.example", ""));
}
END_TEST

START_TEST(only_our_own_origin_is_let_in)
{
    ck_assert(guard_origin("http://a:80", "a:80"));
    ck_assert(guard_origin("https://A", "a"));
    ck_assert(!guard_origin("http://a:81", "a:80"));
    ck_assert(!guard_origin("http://b", "a"));
    ck_assert(!guard_origin("null", "null"));
    ck_assert(!guard_origin("a", "a"));
    ck_assert(!guard_origin("", ""));
    ck_assert(!guard_origin("ftp://a", "a"));
    ck_assert(!guard_origin("http://a.evil", "a"));
}
END_TEST

START_TEST(only_the_token_is_let_in)
{
    static const char token[] = "0123456789abcdef";

    ck_assert(guard_token("Bearer 0123456789abcdef", token));
    ck_assert(guard_token("bearer   0123456789abcdef", token));
    ck_assert(!guard_token("Bearer 0123456789abcdeF", token));
    ck_assert(!guard_token("Bearer x123456789abcdef", token));
    ck_assert(!guard_token("Bearer 0123456789abcde", token));
    ck_assert(!guard_token("Bearer 0123456789abcdef ", token));
    ck_assert(!guard_token("Bearer ", token));
    ck_assert(!guard_token("Bearer", token));
    ck_assert(!guard_token("", token));
    ck_assert(!guard_token("Basic 0123456789abcdef", token));
    ck_assert(!guard_token("0123456789abcdef", token));
}
END_TEST

UNIT_MAIN("guard", our_own_hosts_are_let_in, only_our_own_origin_is_let_in,
          only_the_token_is_let_in)
