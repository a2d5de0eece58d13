/* SPDX-License-Identifier: ISC */
/*
 * Feeds http-parser and watches over bounds, which it has none of its own for
 * the body. Of what it finds wrong, all is RESPONSE_MALFORMED.
 */
#include "http/response.h"

#include <string.h>

static int
on_message_begin(http_parser *parser)
{
    struct response *response = parser->data;

    response->phrase_len = 0;
    return 0;
}

static int
on_status(http_parser *parser, const char *at, size_t n)
{
    struct response *response = parser->data;
    size_t room = RESPONSE_PHRASE_SIZE - 1 - response->phrase_len;

    if (n > room)
        n = room;
    memcpy(response->phrase + response->phrase_len, at, n);
    response->phrase_len += n;
    return 0;
}

static int
on_headers_complete(http_parser *parser)
{
    struct response *response = parser->data;

    response->phrase[response->phrase_len] = '\0';
    response->interim = parser->status_code / 100 == 1 && parser->status_code != 101;
    if (response->interim)
        return 0;
    response->status = parser->status_code;
    response->progress = RESPONSE_BODY;
    return 0;
}

static int
on_body(http_parser *parser, const char *at, size_t n)
{
    struct response *response = parser->data;
    bool fits = n <= response->body_left;

    if (!fits)
        n = response->body_left;
    response->body_left -= n;
    if (response->on_body != NULL && n > 0)
        response->on_body(response, at, n);
    if (!fits)
        response->progress = RESPONSE_BODY_TOO_LONG;
    return fits ? 0 : -1;
}

static int
on_message_complete(http_parser *parser)
{
    struct response *response = parser->data;

    if (response->interim)
        return 0;
    response->progress = RESPONSE_WHOLE;
    return -1;      /* what follows is nobody's */
}

static const http_parser_settings settings = {
    .on_message_begin = on_message_begin,
    .on_status = on_status,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void
response_init(struct response *response, size_t header_max, size_t body_max,
              void (*body)(struct response *response, const char *bytes, size_t n), void *owner)
{
    memset(response, 0, sizeof(*response));
    http_parser_init(&response->parser, HTTP_RESPONSE);
    response->parser.data = response;
    response->on_body = body;
    response->owner = owner;
    response->header_left = header_max;
    response->body_left = body_max;
}

static bool
wants_more(const struct response *response)
{
    return response->progress == RESPONSE_HEADER || response->progress == RESPONSE_BODY;
}

/* n 0: the end of the stream. */
static void
execute(struct response *response, const char *bytes, size_t n)
{
    size_t used = http_parser_execute(&response->parser, &settings, bytes, n);

    if (wants_more(response) && (used != n || HTTP_PARSER_ERRNO(&response->parser) != HPE_OK))
        response->progress = RESPONSE_MALFORMED;
}

enum response_progress
response_feed(struct response *response, const void *bytes, size_t n)
{
    const char *at = bytes;
    size_t part;

    while (n > 0 && wants_more(response)) {
        part = n;
        if (response->progress == RESPONSE_HEADER && part > response->header_left)
            part = response->header_left;
        if (part == 0) {
            response->progress = RESPONSE_HEADER_TOO_LONG;
            break;
        }
        if (response->progress == RESPONSE_HEADER)
            response->header_left -= part;
        execute(response, at, part);
        at += part;
        n -= part;
    }
    return response->progress;
}

enum response_progress
response_end(struct response *response)
{
    if (wants_more(response)) {
        execute(response, NULL, 0);
        if (response->progress != RESPONSE_WHOLE)
            response->progress = RESPONSE_CUT;
    }
    return response->progress;
}

const char *
response_error(const struct response *response)
{
    switch (response->progress) {
    case RESPONSE_HEADER:
    case RESPONSE_BODY:
    case RESPONSE_WHOLE:
        break;
    case RESPONSE_MALFORMED:
        return http_errno_description(HTTP_PARSER_ERRNO(&response->parser));
    case RESPONSE_HEADER_TOO_LONG:
        return "the header is too long";
    case RESPONSE_BODY_TOO_LONG:
        return "the body is too long";
    case RESPONSE_CUT:
        return "it ends too early";
    }
    return "";
}
