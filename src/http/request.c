/* SPDX-License-Identifier: ISC */
/*
 * http-parser finds the parts; what is kept of them, and how much of each, is
 * decided here. It knows no socket and no meaning of a path.
 */
#include "http/request.h"

#include <errno.h>
#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[HTTP_FIELDS] = {
    [HTTP_FIELD_HOST] = "host",
    [HTTP_FIELD_ORIGIN] = "origin",
    [HTTP_FIELD_AUTHORIZATION] = "authorization",
    [HTTP_FIELD_CONTENT_TYPE] = "content-type",
};

/* Ends the reading; what http-parser's callbacks return for that. */
static int
broken(struct http_request *request, unsigned status)
{
    request->progress = HTTP_BROKEN;
    request->status = status;
    return -1;
}

static int
on_url(struct http_parser *parser, const char *at, size_t n)
{
    struct http_request *request = parser->data;

    if (request->target_len + n > HTTP_TARGET_MAX)
        return broken(request, 414);
    memcpy(request->path + request->target_len, at, n);
    request->target_len += n;
    return 0;
}

static bool
count_header(struct http_request *request, size_t n)
{
    request->headers_len += n;
    return request->headers_len <= HTTP_HEADERS_MAX;
}

static int
on_header_field(struct http_parser *parser, const char *at, size_t n)
{
    struct http_request *request = parser->data;

    if (!count_header(request, n))
        return broken(request, 431);
    if (request->in_value)
        request->name_len = 0;
    request->in_value = false;
    if (request->name_len + n < sizeof(request->name))
        memcpy(request->name + request->name_len, at, n);
    request->name_len += n;
    return 0;
}

static enum http_field
find_field(const struct http_request *request)
{
    enum http_field field;

    for (field = 0; field < HTTP_FIELDS; field++)
        if (strlen(field_names[field]) == request->name_len &&
            strncasecmp(field_names[field], request->name, request->name_len) == 0)
            break;
    return field;
}

static int
on_header_value(struct http_parser *parser, const char *at, size_t n)
{
    struct http_request *request = parser->data;

    if (!count_header(request, n + (request->in_value ? 0 : 4)))    /* and ": ", CR, LF */
        return broken(request, 431);
    if (!request->in_value) {
        request->in_value = true;
        request->field = find_field(request);
        request->field_len = 0;
        if (request->field != HTTP_FIELDS && request->has_field[request->field])
            return broken(request, 400);    /* which of the two is meant? */
        if (request->field != HTTP_FIELDS)
            request->has_field[request->field] = true;
    }
    if (request->field == HTTP_FIELDS)
        return 0;
    if (request->field_len + n > HTTP_FIELD_MAX)
        return broken(request, 431);
    memcpy(request->fields[request->field] + request->field_len, at, n);
    request->field_len += n;
    return 0;
}

/* Splits the target, in place and into the query; takes the path of a whole URL. */
static bool
split_target(struct http_request *request)
{
    char target[HTTP_TARGET_MAX + 1];
    struct http_parser_url url;

    http_parser_url_init(&url);
    if (http_parser_parse_url(request->path, request->target_len, 0, &url) != 0 ||
        (url.field_set & 1U << UF_PATH) == 0)
        return false;
    memcpy(target, request->path, request->target_len);
    memcpy(request->path, target + url.field_data[UF_PATH].off, url.field_data[UF_PATH].len);
    request->path[url.field_data[UF_PATH].len] = '\0';
    if ((url.field_set & 1U << UF_QUERY) != 0)
        memcpy(request->query, target + url.field_data[UF_QUERY].off,
               url.field_data[UF_QUERY].len);
    return request->path[0] == '/';
}

static enum http_verb
verb_of(const struct http_parser *parser)
{
    if (parser->method == HTTP_GET)
        return HTTP_VERB_GET;
    if (parser->method == HTTP_HEAD)
        return HTTP_VERB_HEAD;
    return parser->method == HTTP_POST ? HTTP_VERB_POST : HTTP_VERB_OTHER;
}

static int
on_headers_complete(struct http_parser *parser)
{
    struct http_request *request = parser->data;

    request->verb = verb_of(parser);
    request->keep_alive = http_should_keep_alive(parser) && !parser->upgrade;
    if (parser->http_major != 1)
        return broken(request, 505);
    if (request->verb != HTTP_VERB_OTHER && !split_target(request))
        return broken(request, 400);
    if (parser->http_minor > 0 && !request->has_field[HTTP_FIELD_HOST])
        return broken(request, 400);
    if ((parser->flags & F_CONTENTLENGTH) != 0 && parser->content_length > HTTP_BODY_MAX)
        return broken(request, 413);
    return 0;
}

static int
on_body(struct http_parser *parser, const char *at, size_t n)
{
    struct http_request *request = parser->data;

    if (request->body_len + n > HTTP_BODY_MAX)
        return broken(request, 413);
    memcpy(request->body + request->body_len, at, n);
    request->body_len += n;
    return 0;
}

static int
on_message_complete(struct http_parser *parser)
{
    struct http_request *request = parser->data;

    request->progress = HTTP_WHOLE;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

bool
http_request_init(struct http_request *request)
{
    memset(request, 0, sizeof(*request));
    request->parser = malloc(sizeof(*request->parser));
    if (request->parser == NULL)
        return false;
    http_request_reset(request);
    return true;
}

void
http_request_fini(struct http_request *request)
{
    free(request->parser);
    request->parser = NULL;
}

void
http_request_reset(struct http_request *request)
{
    struct http_parser *parser = request->parser;

    memset(request, 0, sizeof(*request));
    request->parser = parser;
    http_parser_init(parser, HTTP_REQUEST);
    parser->data = request;
}

size_t
http_request_feed(struct http_request *request, const uint8_t *bytes, size_t n)
{
    struct http_parser *parser = request->parser;
    size_t used;

    ensure(request->progress == HTTP_PARTIAL);
    if (n == 0)     /* which http-parser takes for the end of the stream */
        return 0;
    request->begun = true;
    used = http_parser_execute(parser, &settings, (const char *)bytes, n);
    if (request->progress != HTTP_PARTIAL)
        return used;
    if (HTTP_PARSER_ERRNO(parser) == HPE_HEADER_OVERFLOW)
        broken(request, 431);
    else if (HTTP_PARSER_ERRNO(parser) != HPE_OK || used < n)
        broken(request, 400);
    return used;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes n octets; false: they don't fit, or are no text. */
static bool
decode(const char *text, size_t n, char *out, size_t size)
{
    size_t i, len = 0;
    int high, low;

    for (i = 0; i < n; i++) {
        if (len + 1 >= size)
            return false;
        out[len] = text[i] == '+' ? ' ' : text[i];
        if (text[i] == '%') {
            high = i + 2 < n ? hex_digit(text[i + 1]) : -1;
            low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return false;
            out[len] = (char)(high * 16 + low);
            i += 2;
        }
        len++;
    }
    out[len] = '\0';
    return size > 0;
}

/* What stands behind `name` in the query, "=value" or nothing, *n octets; NULL: it isn't
 * there. */
static const char *
find_name(const struct http_request *request, const char *name, size_t *n)
{
    const char *at = request->query, *end;
    size_t len = strlen(name);

    for (; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
        end = at + strcspn(at, "&");
        *n = (size_t)(end - at) - len;
        if (strncmp(at, name, len) == 0 && (*n == 0 || at[len] == '='))
            return at + len;
    }
    return NULL;
}

bool
http_request_has(const struct http_request *request, const char *name)
{
    size_t n;

    return find_name(request, name, &n) != NULL;
}

bool
http_request_query(const struct http_request *request, const char *name, char *out, size_t size)
{
    size_t n;
    const char *at = find_name(request, name, &n);

    return at != NULL && n > 0 && decode(at + 1, n - 1, out, size);
}

bool
http_request_number(const struct http_request *request, const char *name, uint64_t max,
                    uint64_t *value)
{
    char text[24], *end;

    if (!http_request_has(request, name))
        return true;
    if (!http_request_query(request, name, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *value <= max;
}
