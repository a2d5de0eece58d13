/* SPDX-License-Identifier: ISC */
#include "http/reply.h"

#include <stdio.h>

static const struct {
    unsigned number;
    const char *words;
} statuses[] = {
#define REPLY_STATUS(number, words) {number, words},
#include "http/reply_status.def"
#undef REPLY_STATUS
};

const char *
http_status_words(unsigned status)
{
    size_t i;

    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].number == status)
            return statuses[i].words;
    return "Unknown";
}

size_t
http_reply_head(const struct http_reply *reply, char out[static HTTP_HEAD_SIZE])
{
    char length[48] = "";
    int n;

    if (!reply->stream)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", reply->length);
    n = snprintf(out, HTTP_HEAD_SIZE,
                     "HTTP/1.1 %u %s\r\n"
                     "Content-Type: %s\r\n"
                     "%s"
                     "Cache-Control: no-store\r\n"
                     "X-Content-Type-Options: nosniff\r\n"
                     "%s"
                     "Connection: %s\r\n\r\n",
                     reply->status, http_status_words(reply->status), reply->type, length,
                     reply->more != NULL ? reply->more : "",
                     reply->keep_alive && !reply->stream ? "keep-alive" : "close");

    ensure(n > 0 && n < HTTP_HEAD_SIZE);
    return (size_t)n;
}
