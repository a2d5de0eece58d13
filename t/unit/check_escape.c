/* SPDX-License-Identifier: ISC */
#include "base/escape.h"

#include "unit/unit.h"

START_TEST(printable_ascii_stays_and_all_else_becomes_hex)
{
    char out[64];

    ck_assert_str_eq(escape(out, sizeof(out), "acme-1", 6), "acme-1");
    ck_assert_str_eq(escape(out, sizeof(out), "a b\n", 4), "a\\x20b\\x0a");
    ck_assert_str_eq(escape(out, sizeof(out), "\x1B[31m\\", 6), "\\x1b[31m\\x5c");
    ck_assert_str_eq(escape(out, sizeof(out), "\x7F\x80\xFF\0", 4), "\\x7f\\x80\\xff\\x00");
    ck_assert_str_eq(escape(out, sizeof(out), "", 0), "");
}
END_TEST

START_TEST(every_octet_gives_printable_text_without_blanks)
{
    char out[8];
    const char *p;
    int octet;

    for (octet = 0; octet < 256; octet++) {
        uint8_t byte = (uint8_t)octet;

        for (p = escape(out, sizeof(out), &byte, 1); *p != '\0'; p++)
            ck_assert(*p > ' ' && *p < 0x7F);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_cut_between_characters)
{
    char *out;
    size_t size;

    for (size = 0; size <= 16; size++) {
        out = malloc(size);
        escape(out, size, "ab\ncd\n", 6);
        if (size > 0)
            ck_assert_uint_lt(strlen(out), size);
        if (size >= 3 && size < 7)
            ck_assert_str_eq(out, "ab");
        if (size == 7)
            ck_assert_str_eq(out, "ab\\x0a");
        free(out);
    }
}
END_TEST

UNIT_MAIN("escape", printable_ascii_stays_and_all_else_becomes_hex,
          every_octet_gives_printable_text_without_blanks,
          what_does_not_fit_is_cut_between_characters)
