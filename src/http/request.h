/* SPDX-License-Identifier: ISC */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"

/*
 * One request of HTTP/1.x, read from octets as they come, whole or one at a time
 * (RFC 9112). All of it is bounded; what is over a bound, or can't be believed, ends in
 * the status that says so.
 */

#define HTTP_TARGET_MAX 2048    /* octets of path and query; more: 414 */
#define HTTP_HEADERS_MAX 16384  /* octets of names and values; more: 431 */
#define HTTP_FIELD_MAX 512      /* octets of a value that matters; more: 431 */
#define HTTP_BODY_MAX 4096      /* octets; more: 413 */

enum http_verb {
    HTTP_VERB_GET,
    HTTP_VERB_HEAD,
    HTTP_VERB_POST,
    HTTP_VERB_OTHER,
};

enum http_progress {
    HTTP_PARTIAL,   /* more is needed */
    HTTP_WHOLE,     /* a whole request is here */
    HTTP_BROKEN,    /* `status` says how; nothing more can be read */
};

/* Header fields that matter here. */
enum http_field {
    HTTP_FIELD_HOST,
    HTTP_FIELD_ORIGIN,
    HTTP_FIELD_AUTHORIZATION,
    HTTP_FIELD_CONTENT_TYPE,
    HTTP_FIELDS,
};

struct http_parser;

struct http_request {
    enum http_progress progress;
    unsigned status;                /* broken: 400, 413, 414, 431 or 505 */
    enum http_verb verb;
    bool keep_alive;
    bool begun;                     /* something of it has come */
    char path[HTTP_TARGET_MAX + 1];
    char query[HTTP_TARGET_MAX + 1];            /* without the question mark */
    char fields[HTTP_FIELDS][HTTP_FIELD_MAX + 1];
    bool has_field[HTTP_FIELDS];
    char body[HTTP_BODY_MAX + 1];               /* NUL behind it */
    size_t body_len;
    /* request.c's */
    struct http_parser *parser;
    char name[24];                  /* of the field that is being read, in lower case */
    size_t name_len;
    bool in_value;
    enum http_field field;          /* HTTP_FIELDS: one that doesn't matter */
    size_t target_len;
    size_t field_len;
    size_t headers_len;
};

/* False: memory is short. */
MUST_USE bool
http_request_init(struct http_request *request);

void
http_request_fini(struct http_request *request);

/* Gets ready for the next request of the same connection. */
void
http_request_reset(struct http_request *request);

/* Reads on, up to the end of the request; returns how many octets were used. The
 * request must be HTTP_PARTIAL. */
size_t
http_request_feed(struct http_request *request, const uint8_t *bytes, size_t n);

/* Does the query name it, with a value or without one? */
bool
http_request_has(const struct http_request *request, const char *name);

/*
 * The value of `name` in the query, %XX and + decoded, NUL behind it. False: it isn't
 * there, or is longer than fits, or holds a NUL.
 */
MUST_USE bool
http_request_query(const struct http_request *request, const char *name, char *out, size_t size);

/* The whole number that `name` has in the query; *value stays what it is where that isn't
 * there. False: it is there, and no number up to `max`. */
MUST_USE bool
http_request_number(const struct http_request *request, const char *name, uint64_t max,
                    uint64_t *value);

#endif
