/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#include "base/ensure.h"

/* A text that several clients may be sent at the same time. */
struct blob {
    unsigned refs;
    size_t len;
    char bytes[];
};

/* A copy, with one reference. NULL: memory is short. */
MUST_USE struct blob *
blob_new(const char *bytes, size_t len);

struct blob *
blob_ref(struct blob *blob);

/* Fine on NULL. */
void
blob_unref(struct blob *blob);

/* What a request is answered with. */
struct answer {
    unsigned status;
    const char *type;       /* media type */
    const char *more;       /* header lines, or NULL */
    struct blob *body;      /* a reference; NULL: memory is short */
};

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

struct answer
answer_text(unsigned status, const char *text);

/* Takes the value, which may be NULL for want of memory. */
struct answer
answer_json(unsigned status, json_t *value);

/* {"error": {"status": …, "text": …}} */
struct answer
answer_error(unsigned status, const char *text);

#endif
