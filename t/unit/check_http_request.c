/* SPDX-License-Identifier: ISC */
/* Requests: what is read of them, whole and one octet at a time, and in which status
 * those end that are too long or can't be believed. */
#include <stdio.h>

#include "http/request.h"
#include "unit/unit.h"

static struct http_request request;

/* Feeds all of it, in pieces of at most `step` octets, up to the end of one request. */
static size_t
feed(const char *text, size_t step)
{
    size_t n = strlen(text), used = 0, part, took;
    uint8_t *copy;

    http_request_reset(&request);
    while (used < n && request.progress == HTTP_PARTIAL) {
        part = n - used < step ? n - used : step;
        copy = unit_copy(text + used, part);
        took = http_request_feed(&request, copy, part);
        free(copy);
        used += took;
        if (took < part)
            ck_assert_int_ne(request.progress, HTTP_PARTIAL);
    }
    return used;
}

static const size_t steps[] = {SIZE_MAX, 1, 3, 7};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void
setup(void)
{
    ck_assert(http_request_init(&request));
}

START_TEST(a_get_is_read)
{
    const char *text = "GET /api/v1/sessions?limit=10&name=a%20b+c HTTP/1.1\r\n"
                       "Host: localhost:8080\r\nUser-Agent: x\r\nORIGIN: http://a\r\n\r\n";
    char value[16];
    size_t i;

    setup();
    for (i = 0; i < STEPS; i++) {
        ck_assert_uint_eq(feed(text, steps[i]), strlen(text));
        ck_assert_int_eq(request.progress, HTTP_WHOLE);
        ck_assert_int_eq(request.verb, HTTP_VERB_GET);
        ck_assert_str_eq(request.path, "/api/v1/sessions");
        ck_assert_str_eq(request.query, "limit=10&name=a%20b+c");
        ck_assert_str_eq(request.fields[HTTP_FIELD_HOST], "localhost:8080");
        ck_assert_str_eq(request.fields[HTTP_FIELD_ORIGIN], "http://a");
        ck_assert(!request.has_field[HTTP_FIELD_AUTHORIZATION]);
        ck_assert(request.keep_alive);
        ck_assert(http_request_query(&request, "limit", value, sizeof(value)));
        ck_assert_str_eq(value, "10");
        ck_assert(http_request_query(&request, "name", value, sizeof(value)));
        ck_assert_str_eq(value, "a b c");
        ck_assert(!http_request_query(&request, "lim", value, sizeof(value)));
        ck_assert(!http_request_query(&request, "name", value, 5));
    }
    http_request_fini(&request);
}
END_TEST

/* A name is its own, whatever stands in another's value. */
START_TEST(numbers_in_the_query)
{
    const char *text = "GET /x?name=limit&a=7&b=8x&c=&d&e=99999999999999999999&f=-1&g=%37 HTTP/1.0"
                       "\r\n\r\n";
    static const char *const bad[] = {"b", "c", "d", "e", "f", "name"};
    uint64_t value = 3;
    size_t i;

    setup();
    ck_assert_uint_eq(feed(text, 1), strlen(text));
    ck_assert(!http_request_has(&request, "limit") && http_request_has(&request, "d"));
    ck_assert(http_request_number(&request, "limit", 10, &value));
    ck_assert_uint_eq(value, 3);
    ck_assert(http_request_number(&request, "a", 7, &value));
    ck_assert_uint_eq(value, 7);
    ck_assert(!http_request_number(&request, "a", 6, &value));
    ck_assert(http_request_number(&request, "g", 7, &value));
    ck_assert_uint_eq(value, 7);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!http_request_number(&request, bad[i], UINT64_MAX, &value), "%s", bad[i]);
    http_request_fini(&request);
}
END_TEST

START_TEST(a_post_brings_its_body)
{
    const char *text = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /";
    const char *chunked = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    size_t i;

    setup();
    for (i = 0; i < STEPS; i++) {
        ck_assert_uint_eq(feed(text, steps[i]), strlen(text) - 5);
        ck_assert_int_eq(request.progress, HTTP_WHOLE);
        ck_assert_str_eq(request.body, "hello");
        ck_assert_uint_eq(feed(chunked, steps[i]), strlen(chunked));
        ck_assert_int_eq(request.progress, HTTP_WHOLE);
        ck_assert_str_eq(request.body, "hello");
        ck_assert_uint_eq(request.body_len, 5);
    }
    http_request_fini(&request);
}
END_TEST

START_TEST(requests_follow_each_other)
{
    const char *text = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.0\r\n\r\n";
    size_t used = 0;

    setup();
    used = feed(text, SIZE_MAX);
    ck_assert_str_eq(request.path, "/1");
    ck_assert_uint_eq(feed(text + used, SIZE_MAX), strlen(text) - used);
    ck_assert_str_eq(request.path, "/2");
    ck_assert_int_eq(request.verb, HTTP_VERB_HEAD);
    ck_assert(!request.keep_alive);
    http_request_fini(&request);
}
END_TEST

#define HOST "Host: a\r\n"

static const struct {
    const char *text;
    unsigned status;
} bad[] = {
    {"\x16\x03\x01", 400},
    {"GARBAGE\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "No colon\r\n\r\n", 400},
    {"GET / HTTP/2.7\r\n" HOST "\r\n", 505},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 4097\r\n\r\n", 413},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
};

START_TEST(what_cannot_be_believed_is_refused)
{
    size_t i, k;

    setup();
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (k = 0; k < STEPS; k++) {
            feed(bad[i].text, steps[k]);
            ck_assert_msg(request.progress == HTTP_BROKEN && request.status == bad[i].status,
                          "%zu by %zu: progress %d status %u", i, steps[k], request.progress,
                          request.status);
        }
    http_request_fini(&request);
}
END_TEST

/* "GET /xxx… HTTP/1.1", a header with a long value, many headers, a long body. */
static void
check_long(const char *front, size_t n, const char *part, const char *back, unsigned status)
{
    char *text = malloc(strlen(front) + n * strlen(part) + strlen(back) + 1), *at = text;
    size_t i, k;

    at = stpcpy(at, front);
    for (i = 0; i < n; i++)
        at = stpcpy(at, part);
    strcpy(at, back);
    for (k = 0; k < STEPS; k++) {
        feed(text, steps[k]);
        if (status == 0)
            ck_assert_int_eq(request.progress, HTTP_WHOLE);
        else
            ck_assert_msg(request.progress == HTTP_BROKEN && request.status == status,
                          "%.20s: progress %d status %u", front, request.progress, request.status);
    }
    free(text);
}

START_TEST(what_is_too_long_is_refused)
{
    setup();
    check_long("GET /", HTTP_TARGET_MAX - 1, "x", " HTTP/1.1\r\n" HOST "\r\n", 0);
    check_long("GET /", HTTP_TARGET_MAX, "x", " HTTP/1.1\r\n" HOST "\r\n", 414);
    check_long("GET / HTTP/1.1\r\nHost: ", HTTP_FIELD_MAX, "x", "\r\n\r\n", 0);
    check_long("GET / HTTP/1.1\r\nHost: ", HTTP_FIELD_MAX + 1, "x", "\r\n\r\n", 431);
    check_long("GET / HTTP/1.1\r\n" HOST "X: ", 16000, "x", "\r\n\r\n", 0);
    check_long("GET / HTTP/1.1\r\n" HOST "X: ", HTTP_HEADERS_MAX, "x", "\r\n\r\n", 431);
    check_long("GET / HTTP/1.1\r\n" HOST, HTTP_HEADERS_MAX / 6 + 1, "A: b\r\n", "\r\n", 431);
    check_long("GET / HTTP/1.1\r\n" HOST "X", 200000, "x", "\r\n\r\n", 431);
    check_long("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 4097,
               "1\r\nx\r\n", "0\r\n\r\n", 413);
    http_request_fini(&request);
}
END_TEST

START_TEST(a_query_that_lies_is_not_there)
{
    static const char *const queries[] = {"a=%", "a=%4", "a=%zz", "a=%00", "b=a=1", "aa=1", "a"};
    char value[16], text[128];
    size_t i;

    setup();
    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        snprintf(text, sizeof(text), "GET /?%s HTTP/1.0\r\n\r\n", queries[i]);
        feed(text, SIZE_MAX);
        ck_assert_int_eq(request.progress, HTTP_WHOLE);
        ck_assert_msg(!http_request_query(&request, "a", value, sizeof(value)), "%s", queries[i]);
    }
    http_request_fini(&request);
}
END_TEST

START_TEST(the_path_of_a_whole_url_is_taken)
{
    setup();
    feed("GET http://localhost:80/p?q=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", SIZE_MAX);
    ck_assert_int_eq(request.progress, HTTP_WHOLE);
    ck_assert_str_eq(request.path, "/p");
    ck_assert_str_eq(request.query, "q=1");
    feed("DELETE /p HTTP/1.1\r\nHost: localhost\r\n\r\n", SIZE_MAX);
    ck_assert_int_eq(request.verb, HTTP_VERB_OTHER);
    feed("GET /p HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", SIZE_MAX);
    ck_assert_int_eq(request.progress, HTTP_WHOLE);
    ck_assert(!request.keep_alive);
    http_request_fini(&request);
}
END_TEST

UNIT_MAIN("http_request", a_get_is_read, numbers_in_the_query, a_post_brings_its_body,
          requests_follow_each_other, what_cannot_be_believed_is_refused,
          what_is_too_long_is_refused, a_query_that_lies_is_not_there,
          the_path_of_a_whole_url_is_taken)
