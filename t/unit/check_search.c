/* SPDX-License-Identifier: ISC */
/* A text is found in a stream wherever it is cut. */
#include "http/search.h"
#include "unit/unit.h"

/* Is `text` in `stream`, when it comes in pieces of n octets? */
static bool
find(const char *text, const char *stream, size_t len, size_t n)
{
    struct search search;
    size_t at, part;
    char *copy;

    search_init(&search, text);
    for (at = 0; at < len; at += part) {
        part = len - at < n ? len - at : n;
        copy = (char *)unit_copy(stream + at, part);
        search_feed(&search, copy, part);
        free(copy);
    }
    return search.found;
}

static void
expect(const char *text, const char *stream, bool found)
{
    size_t n, len = strlen(stream);

    for (n = 1; n <= len + 1; n++)
        ck_assert_msg(find(text, stream, len, n) == found, "'%s' in '%s' by %zu", text, stream, n);
}

START_TEST(a_text_is_found_however_the_stream_is_cut)
{
    expect("BOUND", "smsc1 BOUND", true);
    expect("BOUND", "BOUND", true);
    expect("BOUND", "BOUN", false);
    expect("BOUND", "BBBOUNDD", true);
    expect("BOUND", "", false);
    expect("x", "aaax", true);
}
END_TEST

START_TEST(a_text_that_repeats_itself_is_found_behind_a_false_start)
{
    expect("aab", "aaaaab", true);
    expect("abab", "abaabab", true);
    expect("abababc", "ababababc", true);
    expect("aaa", "aabaabaab", false);
    expect("abcabd", "abcabcabd", true);
}
END_TEST

START_TEST(the_empty_text_is_in_everything)
{
    struct search search;

    search_init(&search, "");
    ck_assert(search.found);
    ck_assert(search_feed(&search, "x", 1));
}
END_TEST

START_TEST(a_reset_forgets_what_was_found)
{
    struct search search;

    search_init(&search, "ab");
    ck_assert(search_feed(&search, "xab", 3));
    search_reset(&search);
    ck_assert(!search_feed(&search, "b", 1));
    ck_assert(!search_feed(&search, "a", 1));
    ck_assert(search_feed(&search, "b", 1));
}
END_TEST

START_TEST(chance_agrees_with_strstr)
{
    uint32_t state = 7;
    char text[SEARCH_MAX + 1], stream[512];
    size_t i, k, len;

    for (i = 0; i < 20000; i++) {
        len = unit_random(&state) % 8 + 1;
        for (k = 0; k < len; k++)
            text[k] = (char)('a' + unit_random(&state) % 2);
        text[len] = '\0';
        len = unit_random(&state) % 40;
        for (k = 0; k < len; k++)
            stream[k] = (char)('a' + unit_random(&state) % 2);
        stream[len] = '\0';
        ck_assert_msg(find(text, stream, len, unit_random(&state) % 5 + 1) ==
                      (strstr(stream, text) != NULL), "'%s' in '%s'", text, stream);
    }
}
END_TEST

START_TEST(the_longest_text_is_found)
{
    char text[SEARCH_MAX + 1], stream[2 * SEARCH_MAX + 1];

    memset(text, 'a', SEARCH_MAX);
    text[SEARCH_MAX - 1] = 'b';
    text[SEARCH_MAX] = '\0';
    memset(stream, 'a', SEARCH_MAX);
    memcpy(stream + SEARCH_MAX, text, SEARCH_MAX);
    ck_assert(find(text, stream, 2 * SEARCH_MAX, 100));
    ck_assert(!find(text, stream, 2 * SEARCH_MAX - 1, 100));
}
END_TEST

UNIT_MAIN("search",
    a_text_is_found_however_the_stream_is_cut,
    a_text_that_repeats_itself_is_found_behind_a_false_start,
    the_empty_text_is_in_everything,
    a_reset_forgets_what_was_found,
    chance_agrees_with_strstr,
    the_longest_text_is_found)
