/* SPDX-License-Identifier: ISC */
/* The head of a response: its lines, its length, and that it ends. */
#include "http/reply.h"
#include "unit/unit.h"

START_TEST(a_head_says_what_follows)
{
    struct http_reply reply = {.status = 404, .type = "text/plain", .length = 12,
                               .more = "Allow: GET\r\n"};
    char head[HTTP_HEAD_SIZE];
    size_t n = http_reply_head(&reply, head);

    ck_assert_uint_eq(n, strlen(head));
    ck_assert_int_eq(strncmp(head, "HTTP/1.1 404 Not Found\r\n", 24), 0);
    ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Type: text/plain\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Length: 12\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "\r\nAllow: GET\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: close\r\n"));
    ck_assert_str_eq(head + n - 4, "\r\n\r\n");
}
END_TEST

START_TEST(a_connection_may_be_kept)
{
    struct http_reply reply = {.status = 200, .type = "text/plain", .keep_alive = true};
    char head[HTTP_HEAD_SIZE];

    http_reply_head(&reply, head);
    ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: keep-alive\r\n"));
    ck_assert_str_eq(http_status_words(200), "OK");
    ck_assert_str_eq(http_status_words(299), "Unknown");
}
END_TEST

START_TEST(a_stream_has_no_length_and_ends_with_its_connection)
{
    struct http_reply reply = {.status = 200, .type = "text/plain", .keep_alive = true,
                               .stream = true};
    char head[HTTP_HEAD_SIZE];

    http_reply_head(&reply, head);
    ck_assert_ptr_null(strstr(head, "Content-Length"));
    ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: close\r\n"));
}
END_TEST

UNIT_MAIN("http_reply", a_head_says_what_follows, a_connection_may_be_kept,
          a_stream_has_no_length_and_ends_with_its_connection)
