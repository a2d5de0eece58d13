/* SPDX-License-Identifier: ISC */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ensure.h"

/* The head of a response of HTTP/1.1; its body comes behind it as it is. */
struct http_reply {
    unsigned status;
    const char *type;       /* media type of the body */
    size_t length;          /* octets of the body */
    const char *more;       /* further header lines, each with its CRLF; or NULL */
    bool keep_alive;
    bool stream;            /* its length is not known: the end of the connection ends it */
};

#define HTTP_HEAD_SIZE 1024

/* Writes status line and headers; returns how many octets they are. `more` has at
 * most 512. */
size_t
http_reply_head(const struct http_reply *reply, char out[static HTTP_HEAD_SIZE]);

/* "Not Found" */
const char *
http_status_words(unsigned status);

#endif
