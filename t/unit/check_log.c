/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "unit/unit.h"

/* Sends the log into a file that is gone with the test. */
static void
open_log(char path[static 64])
{
    char target[80];
    int fd;

    strcpy(path, "/tmp/smpplex-unit-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(target, sizeof(target), "file:%s", path);
    ck_assert(log_open("unit", target));
    log_set_level(LOG_LEVEL_INFO);
}

static size_t
read_log(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    fclose(file);
    unlink(path);
    return n;
}

START_TEST(every_level_is_found_by_its_name)
{
    enum log_level level, found;

    for (level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_TRACE; level++) {
        ck_assert(log_level_parse(log_level_name(level), &found));
        ck_assert_int_eq(found, level);
    }
    ck_assert(log_level_parse("warning", &found));
    ck_assert_int_eq(found, LOG_LEVEL_WARNING);
    ck_assert(!log_level_parse("", &found));
    ck_assert(!log_level_parse("warn", &found));
    ck_assert(!log_level_parse("INFO", &found));
}
END_TEST

START_TEST(only_levels_as_grave_as_the_threshold_are_wanted)
{
    log_set_level(LOG_LEVEL_NOTICE);
    ck_assert(log_wants(LOG_LEVEL_ERROR));
    ck_assert(log_wants(LOG_LEVEL_NOTICE));
    ck_assert(!log_wants(LOG_LEVEL_INFO));
    log_set_level(LOG_LEVEL_TRACE);
    ck_assert(log_wants(LOG_LEVEL_TRACE));
}
END_TEST

START_TEST(a_line_has_time_level_label_and_text)
{
    char path[64], text[4096];

    open_log(path);
    log_warning("c12", "the client is slow bytes=%d", 42);
    log_info(NULL, "ready");
    log_debug("c12", "not wanted");
    log_close();
    read_log(path, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, " warning c12: the client is slow bytes=42\n"));
    ck_assert_ptr_nonnull(strstr(text, " info    ready\n"));
    ck_assert_ptr_null(strstr(text, "not wanted"));
    ck_assert_uint_eq((unsigned char)text[4], '-');
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut_and_still_ends)
{
    char path[64], text[2 * 4096 + 1], label[5000], words[5000];
    size_t n;

    memset(label, 'l', sizeof(label));
    label[sizeof(label) - 1] = '\0';
    memset(words, 'w', sizeof(words));
    words[sizeof(words) - 1] = '\0';
    open_log(path);
    log_error("c1", "%s", words);
    log_error(label, "%s", words);
    log_close();
    n = read_log(path, text, sizeof(text));
    ck_assert_uint_eq(n, 2 * 4096);
    ck_assert_int_eq(text[4095], '\n');
    ck_assert_int_eq(text[8191], '\n');
}
END_TEST

START_TEST(a_log_file_that_was_rotated_is_opened_anew)
{
    char path[64], old[80], text[4096];

    open_log(path);
    log_error(NULL, "first");
    snprintf(old, sizeof(old), "%s.1", path);
    ck_assert_int_eq(rename(path, old), 0);
    log_error(NULL, "second");
    log_reopen();
    log_error(NULL, "third");
    log_close();
    read_log(old, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "first\n"));
    ck_assert_ptr_nonnull(strstr(text, "second\n"));
    read_log(path, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "third\n"));
    ck_assert_ptr_null(strstr(text, "second"));
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_told)
{
    ck_assert(!log_open("unit", "file:/nonexistent/folder/log"));
}
END_TEST

START_TEST(a_burst_of_lines_is_limited_and_what_was_left_out_is_said)
{
    struct log_limit limit = {0};
    char path[64], text[4096];
    unsigned allowed, i;

    open_log(path);
    do {    /* once more if a second ended amid the loop */
        limit = (struct log_limit){0};
        for (i = allowed = 0; i < 3 * LOG_BURST; i++)
            allowed += log_allow(&limit);
    } while (limit.swallowed + limit.lines != 3 * LOG_BURST);
    ck_assert_uint_eq(allowed, LOG_BURST);
    ck_assert_uint_eq(limit.swallowed, 2 * LOG_BURST);
    limit.second--;     /* as if a second had gone by */
    ck_assert(log_allow(&limit));
    ck_assert_uint_eq(limit.swallowed, 0);
    log_close();
    read_log(path, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "left out lines=40\n"));
}
END_TEST

UNIT_MAIN("log", every_level_is_found_by_its_name,
          only_levels_as_grave_as_the_threshold_are_wanted, a_line_has_time_level_label_and_text,
          a_line_that_is_too_long_is_cut_and_still_ends,
          a_log_file_that_was_rotated_is_opened_anew, a_file_that_cannot_be_opened_is_told,
          a_burst_of_lines_is_limited_and_what_was_left_out_is_said)
