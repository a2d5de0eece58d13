/* SPDX-License-Identifier: ISC */
#include "base/proxy_header.h"

#include <stdio.h>

#include "unit/unit.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct proxy_header header;
static char text[ADDR_TEXT_SIZE];

/* Whole, and then one octet at a time: before its end it is partial. */
static enum proxy_header_end
feed(const void *bytes, size_t n)
{
    enum proxy_header_end end, step = PROXY_HEADER_PARTIAL;
    uint8_t *copy;
    size_t i;

    for (i = 0; i <= n && step == PROXY_HEADER_PARTIAL; i++) {
        copy = unit_copy(bytes, i);
        step = proxy_header_parse(copy, i, &header);
        free(copy);
    }
    copy = unit_copy(bytes, n);
    end = proxy_header_parse(copy, n, &header);
    free(copy);
    ck_assert_int_eq(step, end);
    return end;
}

static enum proxy_header_end
line(const char *words)
{
    return feed(words, strlen(words));
}

static enum proxy_header_end
binary(uint8_t command, uint8_t family, uint16_t length, const char *body, size_t n)
{
    uint8_t bytes[700] = SIGNATURE;

    bytes[12] = command;
    bytes[13] = family;
    bytes[14] = (uint8_t)(length >> 8);
    bytes[15] = (uint8_t)length;
    memcpy(bytes + 16, body, n);
    return feed(bytes, 16 + n);
}

static const char *
source(void)
{
    return addr_format(&header.source, text);
}

static const char *
dest(void)
{
    return addr_format(&header.dest, text);
}

START_TEST(version_1_names_client_and_destination)
{
    const char *v4 = "PROXY TCP4 192.0.2.7 198.51.100.1 40112 2775\r\n";

    ck_assert_int_eq(line(v4), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, strlen(v4));
    ck_assert_str_eq(source(), "192.0.2.7:40112");
    ck_assert_str_eq(dest(), "198.51.100.1:2775");
    ck_assert_int_eq(line("PROXY TCP6 2001:db8::7 ::1 65535 0\r\n"), PROXY_HEADER_WHOLE);
    ck_assert_str_eq(source(), "[2001:db8::7]:65535");
    ck_assert_str_eq(dest(), "[::1]:0");
}
END_TEST

START_TEST(an_unknown_client_keeps_the_connections_own_address)
{
    ck_assert_int_eq(line("PROXY UNKNOWN\r\n"), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.source.len, 0);
    ck_assert_uint_eq(header.length, 15);
    ck_assert_int_eq(line("PROXY UNKNOWN ffff::1 whatever\r\n"), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.source.len, 0);
    ck_assert_int_eq(binary(0x20, 0x11, 12, "\1\2\3\4\5\6\7\10\0\1\0\2", 12), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.source.len, 0);
    ck_assert_int_eq(binary(0x20, 0, 0, "", 0), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, 16);
    ck_assert_int_eq(binary(0x21, 0, 3, "abc", 3), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.source.len, 0);
    ck_assert_uint_eq(header.length, 19);
}
END_TEST

START_TEST(version_2_names_client_and_destination)
{
    static const char v6[36] = "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
                               "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x9c\xb0\xa\xd7";
    char unix_[216] = "/run/x";

    ck_assert_int_eq(binary(0x21, 0x11, 12, "\xc0\0\2\7\xc6\x33\x64\1\x9c\xb0\xa\xd7", 12),
                     PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, 28);
    ck_assert_str_eq(source(), "192.0.2.7:40112");
    ck_assert_str_eq(dest(), "198.51.100.1:2775");
    ck_assert_int_eq(binary(0x21, 0x21, 36, v6, 36), PROXY_HEADER_WHOLE);
    ck_assert_str_eq(source(), "[2001:db8::7]:40112");
    ck_assert_str_eq(dest(), "[2001:db8::1]:2775");
    ck_assert_int_eq(binary(0x21, 0x31, 216, unix_, 216), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.source.len, 0);
}
END_TEST

START_TEST(extensions_are_passed_over)
{
    ck_assert_int_eq(binary(0x21, 0x11, 19, "\xc0\0\2\7\xc6\x33\x64\1\x9c\xb0\xa\xd7"
                            "\x02\0\4acme", 19), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, 35);
    ck_assert_str_eq(source(), "192.0.2.7:40112");
}
END_TEST

START_TEST(what_follows_is_not_the_headers)
{
    const char *both = "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n\0\0\0\x10";

    ck_assert_int_eq(feed(both, strlen("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n") + 4),
                     PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, strlen("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n"));
}
END_TEST

START_TEST(what_begins_otherwise_is_none)
{
    ck_assert_int_eq(line("POST / HTTP/1.1\r\n"), PROXY_HEADER_NONE);
    ck_assert_int_eq(line("proxy TCP4"), PROXY_HEADER_NONE);
    ck_assert_int_eq(feed("\0\0\0\x2f", 4), PROXY_HEADER_NONE);
    ck_assert_int_eq(feed("\r\n\r\n\0\r\nQUIX", 11), PROXY_HEADER_NONE);
    ck_assert_int_eq(proxy_header_parse(NULL, 0, &header), PROXY_HEADER_PARTIAL);
    ck_assert(proxy_header_begins('P') && proxy_header_begins('\r'));
    ck_assert(!proxy_header_begins(0) && !proxy_header_begins(0x16));
}
END_TEST

START_TEST(a_wrong_line_is_bad)
{
    static const char *const wrong[] = {
        "PROXY \r\n", "PROXY\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", "PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n",
    };
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (strncmp(wrong[i], "PROXY ", 6) != 0)
            ck_assert_int_eq(line(wrong[i]), PROXY_HEADER_NONE);
        else
            ck_assert_msg(line(wrong[i]) == PROXY_HEADER_BAD, "taken: %s", wrong[i]);
    }
    ck_assert_int_eq(feed("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n", 33), PROXY_HEADER_BAD);
    ck_assert_str_eq(header.why, "a NUL in it");
}
END_TEST

START_TEST(an_overlong_header_is_bad_before_it_has_come)
{
    char words[200];

    memset(words, 'x', sizeof(words));
    memcpy(words, "PROXY UNKNOWN ", 14);
    ck_assert_int_eq(feed(words, 106), PROXY_HEADER_PARTIAL);
    ck_assert_int_eq(feed(words, 107), PROXY_HEADER_BAD);
    memcpy(words + 105, "\r\n", 2);
    ck_assert_int_eq(feed(words, 107), PROXY_HEADER_WHOLE);
    ck_assert_int_eq(binary(0x21, 0x11, 520, "", 0), PROXY_HEADER_PARTIAL);
    ck_assert_int_eq(binary(0x21, 0x11, 521, "", 0), PROXY_HEADER_BAD);
    ck_assert_int_eq(binary(0x20, 0x00, 65535, "", 0), PROXY_HEADER_BAD);
}
END_TEST

START_TEST(a_wrong_binary_header_is_bad)
{
    static const char body[216] = "";

    ck_assert_int_eq(binary(0x11, 0x11, 12, body, 12), PROXY_HEADER_BAD);
    ck_assert_str_eq(header.why, "an unknown version");
    ck_assert_int_eq(binary(0x22, 0x11, 12, body, 12), PROXY_HEADER_BAD);
    ck_assert_str_eq(header.why, "an unknown command");
    ck_assert_int_eq(binary(0x21, 0x11, 11, body, 11), PROXY_HEADER_BAD);
    ck_assert_int_eq(binary(0x21, 0x21, 35, body, 35), PROXY_HEADER_BAD);
    ck_assert_int_eq(binary(0x21, 0x31, 215, body, 215), PROXY_HEADER_BAD);
    ck_assert_str_eq(header.why, "shorter than its addresses");
    ck_assert_int_eq(binary(0x21, 0x12, 12, body, 12), PROXY_HEADER_BAD);
    ck_assert_int_eq(binary(0x21, 0x41, 12, body, 12), PROXY_HEADER_BAD);
}
END_TEST

static void
round_trip(const char *from, const char *to, const char *wanted_dest)
{
    uint8_t out[PROXY_HEADER_OUT];
    struct addr source_addr, dest_addr;
    const char *why;
    size_t n;

    ck_assert(addr_parse(from, "", &source_addr, &why) && addr_parse(to, "", &dest_addr, &why));
    n = proxy_header_write(out, &source_addr, &dest_addr);
    ck_assert_int_eq(feed(out, n), PROXY_HEADER_WHOLE);
    ck_assert_uint_eq(header.length, n);
    ck_assert_str_eq(source(), from);
    ck_assert_str_eq(dest(), wanted_dest);
}

START_TEST(what_is_written_reads_the_same)
{
    round_trip("192.0.2.7:40112", "198.51.100.1:2775", "198.51.100.1:2775");
    round_trip("[2001:db8::7]:1", "[2001:db8::1]:2775", "[2001:db8::1]:2775");
    round_trip("192.0.2.7:40112", "[2001:db8::1]:2775", "0.0.0.0:0");
    round_trip("[2001:db8::7]:1", "192.0.2.7:1", "[::]:0");
}
END_TEST

START_TEST(without_a_client_it_is_local)
{
    uint8_t out[PROXY_HEADER_OUT];
    struct addr unix_;
    const char *why;

    ck_assert_uint_eq(proxy_header_write(out, NULL, NULL), 16);
    ck_assert_uint_eq(out[12], 0x20);
    ck_assert_int_eq(feed(out, 16), PROXY_HEADER_WHOLE);
    ck_assert(addr_parse("unix:/run/x", "", &unix_, &why));
    ck_assert_uint_eq(proxy_header_write(out, &unix_, NULL), 16);
    ck_assert_uint_eq(out[12], 0x20);
}
END_TEST

UNIT_MAIN("proxy_header", version_1_names_client_and_destination,
          an_unknown_client_keeps_the_connections_own_address,
          version_2_names_client_and_destination, extensions_are_passed_over,
          what_follows_is_not_the_headers, what_begins_otherwise_is_none, a_wrong_line_is_bad,
          an_overlong_header_is_bad_before_it_has_come, a_wrong_binary_header_is_bad,
          what_is_written_reads_the_same, without_a_client_it_is_local)
