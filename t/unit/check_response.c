/* SPDX-License-Identifier: ISC */
/* Responses of HTTP, whole and one octet at a time: the same comes of both. */
#include <stdio.h>

#include "http/response.h"
#include "unit/unit.h"

#define HEADER_MAX 256
#define BODY_MAX 64

static char body[4 * BODY_MAX];
static size_t body_len;

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    ck_assert_ptr_eq(response->owner, body);
    ck_assert_uint_le(body_len + n, BODY_MAX);
    memcpy(body + body_len, bytes, n);
    body_len += n;
    body[body_len] = '\0';
}

/* In pieces of n octets; `end`: then the stream ends. */
static void
feed(struct response *response, const char *text, size_t n, bool end)
{
    size_t len = strlen(text), at, part;
    uint8_t *copy;

    body_len = 0;
    body[0] = '\0';
    response_init(response, HEADER_MAX, BODY_MAX, on_body, body);
    for (at = 0; at < len; at += part) {
        part = len - at < n ? len - at : n;
        copy = unit_copy(text + at, part);
        response_feed(response, copy, part);
        free(copy);
    }
    if (end)
        response_end(response);
}

static void
expect(const char *text, bool end, enum response_progress progress, unsigned status,
       const char *wanted)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64, 100000};
    struct response response;
    size_t i;

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        feed(&response, text, pieces[i], end);
        ck_assert_msg(response.progress == progress, "%u, not %u, by %zu (%s): %s",
                      response.progress, progress, pieces[i], response_error(&response), text);
        ck_assert_uint_eq(response.status, status);
        ck_assert_str_eq(body, wanted);
    }
}

START_TEST(a_body_of_known_length_is_whole_with_its_last_octet)
{
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, RESPONSE_WHOLE, 200,
           "hello");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false, RESPONSE_BODY, 200, "hell");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, RESPONSE_WHOLE, 200, "");
    expect("HTTP/1.0 503 Busy\r\ncontent-length:2\r\n\r\nno", false, RESPONSE_WHOLE, 503, "no");
}
END_TEST

START_TEST(what_is_behind_a_whole_response_is_not_looked_at)
{
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 500 X\r\n\r\n", false,
           RESPONSE_WHOLE, 200, "hi");
    expect("HTTP/1.1 204 No Content\r\n\r\nrubbish", true, RESPONSE_WHOLE, 204, "");
}
END_TEST

START_TEST(chunks_are_put_together)
{
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", false, RESPONSE_WHOLE, 200,
           "hello");
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", true, RESPONSE_CUT,
           200, "he");
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\nhe\r\n", false,
           RESPONSE_MALFORMED, 200, "");
}
END_TEST

START_TEST(without_a_length_the_streams_end_is_the_bodys)
{
    expect("HTTP/1.0 200 OK\r\n\r\nhello", false, RESPONSE_BODY, 200, "hello");
    expect("HTTP/1.0 200 OK\r\n\r\nhello", true, RESPONSE_WHOLE, 200, "hello");
    expect("HTTP/1.0 200 OK\r\n\r\n", true, RESPONSE_WHOLE, 200, "");
}
END_TEST

START_TEST(an_end_before_the_time_is_a_cut)
{
    expect("", true, RESPONSE_CUT, 0, "");
    expect("HTTP/1.1 200", true, RESPONSE_CUT, 0, "");
    expect("HTTP/1.1 200 OK\r\nA: b\r\n", true, RESPONSE_CUT, 0, "");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", true, RESPONSE_CUT, 200, "hello");
}
END_TEST

START_TEST(what_is_no_http_is_malformed)
{
    expect("\x16\x03\x01 garbage", false, RESPONSE_MALFORMED, 0, "");
    expect("SSH-2.0-OpenSSH\r\n", false, RESPONSE_MALFORMED, 0, "");
    expect("HTTP/1.1 2x0 OK\r\n\r\n", false, RESPONSE_MALFORMED, 0, "");
    expect("GET / HTTP/1.1\r\n\r\n", true, RESPONSE_MALFORMED, 0, "");
    expect("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, RESPONSE_MALFORMED, 0, "");
    /* and its end doesn't make it better */
    expect("\x16\x03\x01 garbage", true, RESPONSE_MALFORMED, 0, "");
}
END_TEST

START_TEST(interim_responses_are_passed_over)
{
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, RESPONSE_WHOLE, 200, "hi");
    expect("HTTP/1.1 100 Continue\r\n\r\n", true, RESPONSE_CUT, 0, "");
}
END_TEST

/* A response with a header of n octets in all. */
static const char *
with_header(size_t n)
{
    static char text[1024];
    int len = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: ");

    memset(text + len, 'x', n - (size_t)len - 4);
    strcpy(text + n - 4, "\r\n\r\nhi");
    return text;
}

START_TEST(a_header_is_bounded)
{
    expect(with_header(HEADER_MAX), false, RESPONSE_WHOLE, 200, "hi");
    expect(with_header(HEADER_MAX + 1), false, RESPONSE_HEADER_TOO_LONG, 0, "");
}
END_TEST

START_TEST(a_body_is_bounded_and_what_fits_is_handed_on)
{
    char text[256] = "HTTP/1.0 200 OK\r\n\r\n", full[BODY_MAX + 1];

    memset(full, 'x', BODY_MAX);
    full[BODY_MAX] = '\0';
    strcat(text, full);
    expect(text, false, RESPONSE_BODY, 200, full);
    strcat(text, "y");
    expect(text, false, RESPONSE_BODY_TOO_LONG, 200, full);
    expect(text, true, RESPONSE_BODY_TOO_LONG, 200, full);
}
END_TEST

START_TEST(the_phrase_is_kept_and_cut_where_it_is_long)
{
    struct response response;
    char text[300] = "HTTP/1.1 500 ";

    feed(&response, "HTTP/1.1 503 Service Unavailable\r\n\r\n", 1, false);
    ck_assert_str_eq(response.phrase, "Service Unavailable");
    memset(text + strlen(text), 'x', 100);
    strcat(text, "\r\n\r\n");
    feed(&response, text, 5, false);
    ck_assert_uint_eq(strlen(response.phrase), RESPONSE_PHRASE_SIZE - 1);
    feed(&response, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\n\r\n", 3, false);
    ck_assert_uint_eq(response.status, 200);
    ck_assert_str_eq(response.phrase, "");
}
END_TEST

START_TEST(what_was_found_stays)
{
    struct response response;

    feed(&response, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 100, true);
    ck_assert_int_eq(response.progress, RESPONSE_WHOLE);
    ck_assert_int_eq(response_feed(&response, "\x16\x03", 2), RESPONSE_WHOLE);
    ck_assert_int_eq(response_end(&response), RESPONSE_WHOLE);
}
END_TEST

UNIT_MAIN("response",
    a_body_of_known_length_is_whole_with_its_last_octet,
    what_is_behind_a_whole_response_is_not_looked_at,
    chunks_are_put_together,
    without_a_length_the_streams_end_is_the_bodys,
    an_end_before_the_time_is_a_cut,
    what_is_no_http_is_malformed,
    interim_responses_are_passed_over,
    a_header_is_bounded,
    a_body_is_bounded_and_what_fits_is_handed_on,
    the_phrase_is_kept_and_cut_where_it_is_long,
    what_was_found_stays)
