/* SPDX-License-Identifier: ISC */
/*
 * A response of HTTP: what comes of it doesn't depend on how it is cut, bounds
 * hold, and a text is found in the body exactly where it is. The first octet says
 * how large the pieces are.
 */
#include "fuzz/fuzz.h"
#include "http/response.h"
#include "http/search.h"

#define HEADER_MAX 512
#define BODY_MAX 256
#define TEXT "aab"

struct seen {
    struct search search;
    size_t len;
    char body[BODY_MAX];
};

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    struct seen *seen = response->owner;

    ensure(n > 0 && n <= BODY_MAX - seen->len);
    memcpy(seen->body + seen->len, bytes, n);
    seen->len += n;
    search_feed(&seen->search, bytes, n);
}

static void
run(struct response *response, struct seen *seen, const uint8_t *data, size_t size, size_t piece)
{
    size_t at, part;
    uint8_t *copy;

    seen->len = 0;
    search_init(&seen->search, TEXT);
    response_init(response, HEADER_MAX, BODY_MAX, on_body, seen);
    for (at = 0; at < size; at += part) {
        part = size - at < piece ? size - at : piece;
        copy = fuzz_copy(data + at, part);
        response_feed(response, copy, part);
        free(copy);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct response whole, cut;
    struct seen a, b;

    if (size == 0)
        return 0;
    run(&whole, &a, data + 1, size - 1, size);
    run(&cut, &b, data + 1, size - 1, (size_t)data[0] + 1);
    ensure(whole.progress == cut.progress && whole.status == cut.status);
    ensure(a.len == b.len && memcmp(a.body, b.body, a.len) == 0);
    ensure(a.search.found == b.search.found);
    ensure(a.search.found == (memmem(a.body, a.len, TEXT, strlen(TEXT)) != NULL));
    ensure(whole.status == 0 || (whole.progress != RESPONSE_HEADER &&
                                 strcmp(whole.phrase, cut.phrase) == 0));
    ensure(response_end(&whole) == response_end(&cut));
    ensure(whole.progress != RESPONSE_HEADER && whole.progress != RESPONSE_BODY);
    return 0;
}
