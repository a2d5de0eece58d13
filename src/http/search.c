/* SPDX-License-Identifier: ISC */
/* The algorithm of Knuth, Morris and Pratt: the state between pieces is one number. */
#include "http/search.h"

#include <string.h>

#include "base/ensure.h"

/* After one more octet. */
static uint8_t
advance(const struct search *search, uint8_t matched, char octet)
{
    while (matched > 0 && search->text[matched] != octet)
        matched = search->back[matched - 1];
    return (uint8_t)(matched + (search->text[matched] == octet));
}

void
search_init(struct search *search, const char *text)
{
    size_t len = strlen(text), i;

    ensure(len <= SEARCH_MAX);
    search->text = text;
    search->len = (uint8_t)len;
    search->back[0] = 0;
    for (i = 1; i < len; i++)
        search->back[i] = advance(search, search->back[i - 1], text[i]);
    search_reset(search);
}

void
search_reset(struct search *search)
{
    search->matched = 0;
    search->found = search->len == 0;
}

bool
search_feed(struct search *search, const char *bytes, size_t n)
{
    const char *end = bytes + n;

    while (bytes < end && !search->found) {
        if (search->matched == 0) {     /* most of a body, most of the time */
            bytes = memchr(bytes, search->text[0], (size_t)(end - bytes));
            if (bytes == NULL)
                return false;
        }
        search->matched = advance(search, search->matched, *bytes++);
        search->found = search->matched == search->len;
    }
    return search->found;
}
