/* SPDX-License-Identifier: ISC */
#include "smpp/status.h"

#include <ctype.h>
#include <stdio.h>

#include "unit/unit.h"

static const struct {
    uint32_t value;
    const char *name;
    const char *meaning;
} rows[] = {
#define STATUS(symbol, name, value, meaning) {value, name, meaning},
#include "smpp/status.def"
#undef STATUS
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

START_TEST(every_status_is_read_from_its_name_its_short_name_and_its_number)
{
    char text[STATUS_TEXT_SIZE], lower[64];
    uint32_t status;
    size_t i, at;

    for (i = 0; i < ROWS; i++) {
        ck_assert(status_parse(rows[i].name, &status));
        ck_assert_uint_eq(status, rows[i].value);
        ck_assert(status_parse(rows[i].name + strlen("ESME_"), &status));
        ck_assert_uint_eq(status, rows[i].value);
        for (at = 0; rows[i].name[at] != '\0'; at++)
            lower[at] = (char)tolower((unsigned char)rows[i].name[at]);
        lower[at] = '\0';
        ck_assert(status_parse(lower, &status));
        ck_assert_uint_eq(status, rows[i].value);
        snprintf(text, sizeof(text), "%u", rows[i].value);
        ck_assert(status_parse(text, &status));
        ck_assert_uint_eq(status, rows[i].value);
        snprintf(text, sizeof(text), "0x%x", rows[i].value);
        ck_assert(status_parse(text, &status));
        ck_assert_uint_eq(status, rows[i].value);
    }
}
END_TEST

START_TEST(every_status_has_a_name_and_a_meaning)
{
    char spare[STATUS_TEXT_SIZE];
    size_t i, other;

    for (i = 0; i < ROWS; i++) {
        ck_assert_str_eq(status_name(rows[i].value, spare), rows[i].name);
        ck_assert_str_eq(status_meaning(rows[i].value), rows[i].meaning);
        ck_assert_uint_gt(strlen(rows[i].meaning), 0);
        ck_assert_int_eq(strncmp(rows[i].name, "ESME_R", 6), 0);
        for (other = 0; other < i; other++)
            ck_assert_uint_ne(rows[other].value, rows[i].value);
    }
}
END_TEST

START_TEST(a_status_without_a_name_is_its_number)
{
    char spare[STATUS_TEXT_SIZE];
    uint32_t status;

    ck_assert_str_eq(status_name(0x422, spare), "0x00000422");
    ck_assert_str_eq(status_name(0xFFFFFFFF, spare), "0xffffffff");
    ck_assert_str_eq(status_meaning(0x422), "");
    ck_assert(status_parse("0x422", &status));
    ck_assert_uint_eq(status, 0x422);
    ck_assert(status_parse("4294967295", &status));
    ck_assert_uint_eq(status, 0xFFFFFFFF);
}
END_TEST

START_TEST(what_is_no_status_is_refused)
{
    static const char *const bad[] = {
        "", " 1", "-1", "+1", "ESME_", "ESME_RNONE", "ROK ", "0x", "1x", "0x100000000",
        "4294967296", "99999999999999999999999", "R",
    };
    uint32_t status;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!status_parse(bad[i], &status), "accepted: '%s'", bad[i]);
}
END_TEST

START_TEST(a_status_is_counted_by_its_row)
{
    char spare[STATUS_TEXT_SIZE];
    enum status_row row;
    uint32_t status;
    unsigned named = 0;

    ck_assert_int_eq(status_row(SMPP_ROK), STATUS_ROW_ROK);
    ck_assert_int_eq(STATUS_ROW_ROK, 0);
    for (status = 0; status < 0x10000; status++) {
        row = status_row(status);
        named += row != STATUS_ROWS;
        if (row != STATUS_ROWS)
            ck_assert_str_eq(status_row_name(row), status_name(status, spare));
        else
            ck_assert_int_eq(strncmp(status_name(status, spare), "0x", 2), 0);
    }
    ck_assert_uint_eq(named, STATUS_ROWS);
    ck_assert_int_eq(status_row(0xFFFFFFFF), STATUS_ROWS);
    ck_assert_str_eq(status_row_name(STATUS_ROWS), "other");
}
END_TEST

UNIT_MAIN("status", a_status_is_counted_by_its_row,
          every_status_is_read_from_its_name_its_short_name_and_its_number,
          every_status_has_a_name_and_a_meaning, a_status_without_a_name_is_its_number,
          what_is_no_status_is_refused)
