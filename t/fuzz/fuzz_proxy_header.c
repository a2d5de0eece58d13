/* SPDX-License-Identifier: ISC */
/*
 * The PROXY header in front of a connection: what it ends in doesn't depend on the pieces
 * in which it comes, it is bounded, and what it names can be written and read again.
 */
#include "base/proxy_header.h"
#include "fuzz/fuzz.h"

static void
try_again(const struct proxy_header *header)
{
    uint8_t out[PROXY_HEADER_OUT];
    struct proxy_header again;
    size_t n = proxy_header_write(out, &header->source, &header->dest);

    ensure(n <= sizeof(out) && proxy_header_parse(out, n, &again) == PROXY_HEADER_WHOLE);
    ensure(again.length == n && addr_equal(&again.source, &header->source));
    ensure(header->source.len == 0 || addr_equal(&again.dest, &header->dest));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum proxy_header_end end = PROXY_HEADER_PARTIAL, whole;
    struct proxy_header header;
    uint8_t *copy;
    size_t n;

    for (n = 0; n <= size && end == PROXY_HEADER_PARTIAL; n++) {
        copy = fuzz_copy(data, n);
        end = proxy_header_parse(copy, n, &header);
        free(copy);
    }
    ensure(end != PROXY_HEADER_PARTIAL || size < PROXY_HEADER_MAX);
    whole = proxy_header_parse(data, size, &header);
    ensure(whole == end);
    if (whole == PROXY_HEADER_BAD)
        ensure(header.why != NULL);
    if (whole != PROXY_HEADER_WHOLE)
        return 0;
    ensure(header.length == n - 1 && header.length <= PROXY_HEADER_MAX);
    ensure((header.source.len == 0) == (header.dest.len == 0));
    try_again(&header);
    return 0;
}
