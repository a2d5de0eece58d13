/* SPDX-License-Identifier: ISC */
#ifndef HTTP_SEARCH_H
#define HTTP_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_MAX 255      /* octets of a text */

/*
 * Looks for a text in a stream that comes in pieces, wherever they are cut.
 * Nothing of the stream is kept, and no octet is looked at more than twice.
 */
struct search {
    const char *text;       /* the caller's; "" is in everything */
    uint8_t len;
    uint8_t matched;        /* octets of the text that the stream ends with */
    bool found;
    uint8_t back[SEARCH_MAX];   /* how many still match when the next one doesn't */
};

/* The text, at most SEARCH_MAX octets, must stay where it is. */
void
search_init(struct search *search, const char *text);

/* For another stream. */
void
search_reset(struct search *search);

/* The next octets; true once the text has been found. */
bool
search_feed(struct search *search, const char *bytes, size_t n);

#endif
