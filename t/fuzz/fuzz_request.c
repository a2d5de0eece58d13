/* SPDX-License-Identifier: ISC */
/*
 * What comes to the status endpoint: requests, read whole and in pieces, end in the
 * same way and, where they are good, at the same octet; nothing is longer than it may be.
 */
#include "fuzz/fuzz.h"
#include "http/request.h"

struct end {
    enum http_progress progress;
    unsigned status;
    size_t used;
    enum http_verb verb;
    size_t body_len;
    char path[HTTP_TARGET_MAX + 1];
};

static void
look(const struct http_request *request)
{
    char value[64];
    size_t i;

    ensure(strlen(request->path) <= HTTP_TARGET_MAX && strlen(request->query) <= HTTP_TARGET_MAX);
    for (i = 0; i < HTTP_FIELDS; i++)
        ensure(strlen(request->fields[i]) <= HTTP_FIELD_MAX);
    ensure(request->body_len <= HTTP_BODY_MAX && request->body[request->body_len] == '\0');
    if (http_request_query(request, "limit", value, sizeof(value)))
        ensure(strlen(value) < sizeof(value));
}

/* Reads one request in pieces of `step` octets. */
static void
read_one(struct http_request *request, const uint8_t *data, size_t size, size_t step,
         struct end *end)
{
    size_t part;
    uint8_t *copy;

    http_request_reset(request);
    memset(end, 0, sizeof(*end));
    while (end->used < size && request->progress == HTTP_PARTIAL) {
        part = size - end->used < step ? size - end->used : step;
        copy = fuzz_copy(data + end->used, part);
        end->used += http_request_feed(request, copy, part);
        free(copy);
    }
    end->progress = request->progress;
    end->status = request->status;
    end->verb = request->verb;
    end->body_len = request->body_len;
    if (request->progress == HTTP_WHOLE) {
        look(request);
        strcpy(end->path, request->path);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_request request;
    static struct end whole, pieces;
    size_t at = 0;

    ensure(http_request_init(&request));
    do {
        read_one(&request, data + at, size - at, SIZE_MAX, &whole);
        read_one(&request, data + at, size - at, 1, &pieces);
        /* of several faults, pieces may show another first */
        ensure(whole.progress == pieces.progress);
        ensure((whole.status == 0) == (pieces.status == 0));
        if (whole.progress == HTTP_WHOLE) {
            ensure(whole.used == pieces.used && whole.used > 0 && whole.verb == pieces.verb);
            ensure(whole.body_len == pieces.body_len && strcmp(whole.path, pieces.path) == 0);
        }
        at += whole.used;
    } while (whole.progress == HTTP_WHOLE && at < size);
    http_request_fini(&request);
    return 0;
}
