/* SPDX-License-Identifier: ISC */
#include "tools/ctl_table.h"

#include <stdlib.h>

#include "unit/unit.h"

static const char *const heads[] = {"NAME", ">N", "WHY", NULL};

static char *text;

static void
print_two_rows(bool color)
{
    struct ctl_table table;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    ctl_table_init(&table, heads);
    ctl_table_add(&table, TINT_NONE, "%s", "a");
    ctl_table_add(&table, TINT_NONE, "%d", 1000);
    ctl_table_add(&table, TINT_NONE, "%s", "x\n\033[31my\xc2\x9b");
    ctl_table_add(&table, TINT_BAD, "%s", "l\xc3\xa4nger");
    ctl_table_add(&table, TINT_NONE, "%d", 5);
    ctl_table_add(&table, TINT_NONE, "%s", "");
    ctl_table_end(&table, out, color);
    fclose(out);
}

START_TEST(columns_are_aligned_and_what_a_peer_sent_does_nothing_to_a_terminal)
{
    print_two_rows(false);
    ck_assert_str_eq(text, "NAME       N  WHY\n"
                           "a       1000  x??[31my??\n"
                           "l\xc3\xa4nger     5  \n");
    free(text);
}
END_TEST

START_TEST(colours_take_no_room)
{
    print_two_rows(true);
    ck_assert_ptr_nonnull(strstr(text, "\n\033[1;31ml\xc3\xa4nger\033[0m     5  \n"));
    free(text);
}
END_TEST

START_TEST(a_table_without_rows_is_its_head)
{
    struct ctl_table table;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    ctl_table_init(&table, heads);
    ctl_table_end(&table, out, false);
    fclose(out);
    ck_assert_str_eq(text, "NAME  N  WHY\n");
    free(text);
}
END_TEST

START_TEST(times_and_numbers_are_short)
{
    char out[CTL_SHORT_SIZE];

    ck_assert_str_eq(ctl_lasting(-1, out), "0s");
    ck_assert_str_eq(ctl_lasting(59.9, out), "59s");
    ck_assert_str_eq(ctl_lasting(192, out), "3m12s");
    ck_assert_str_eq(ctl_lasting(7500, out), "2h05m");
    ck_assert_str_eq(ctl_lasting(12 * 86400, out), "12d");
    ck_assert_str_eq(ctl_ms(0.424, out), "0.42ms");
    ck_assert_str_eq(ctl_ms(4.24, out), "4.2ms");
    ck_assert_str_eq(ctl_ms(42.4, out), "42ms");
    ck_assert_str_eq(ctl_ms(1234, out), "1.2s");
    ck_assert_str_eq(ctl_rate(0, out), "0");
    ck_assert_str_eq(ctl_rate(9.51, out), "9.5");
    ck_assert_str_eq(ctl_rate(1203.4, out), "1203");
    ck_assert_str_eq(ctl_ago("", out), "-");
    ck_assert_str_eq(ctl_local("no moment", out), "-");
}
END_TEST

UNIT_MAIN("ctl_table", columns_are_aligned_and_what_a_peer_sent_does_nothing_to_a_terminal,
          colours_take_no_room, a_table_without_rows_is_its_head, times_and_numbers_are_short)
