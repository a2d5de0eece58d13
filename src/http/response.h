/* SPDX-License-Identifier: ISC */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * A response of HTTP/1 as it comes in, piece by piece: the status line and
 * header, then the body without its chunks' frames, both bounded. Nothing is
 * kept but the status and its phrase. The outcome doesn't depend on where the
 * pieces are cut.
 */

enum response_progress {
    RESPONSE_HEADER,            /* the header isn't whole yet: more, please */
    RESPONSE_BODY,              /* the status is known, the body isn't whole yet */
    RESPONSE_WHOLE,
    RESPONSE_MALFORMED,         /* response_error says what is wrong */
    RESPONSE_HEADER_TOO_LONG,
    RESPONSE_BODY_TOO_LONG,     /* what fits has been handed on */
    RESPONSE_CUT,               /* the stream has ended too early */
};

#define RESPONSE_PHRASE_SIZE 48

struct response {
    http_parser parser;
    void (*on_body)(struct response *response, const char *bytes, size_t n);
    void *owner;
    enum response_progress progress;
    size_t header_left;         /* octets that the header may still have */
    size_t body_left;
    unsigned status;            /* 0 while the header isn't whole */
    bool interim;               /* this one is a 1xx, and another follows */
    size_t phrase_len;
    char phrase[RESPONSE_PHRASE_SIZE];  /* "Not Found", cut where it is longer; as it came */
};

/* on_body may be NULL. The bounds count all headers (interim responses' too), and the
 * body without frames. */
void
response_init(struct response *response, size_t header_max, size_t body_max,
              void (*on_body)(struct response *response, const char *bytes, size_t n),
              void *owner);

/* The next octets of the stream. What is behind a whole response is not looked
 * at. Once it isn't RESPONSE_HEADER or RESPONSE_BODY any more it stays. */
enum response_progress
response_feed(struct response *response, const void *bytes, size_t n);

/* The stream has ended: RESPONSE_WHOLE where that ends the body, or RESPONSE_CUT. */
enum response_progress
response_end(struct response *response);

/* In words; valid for ever. */
const char *
response_error(const struct response *response);

#endif
