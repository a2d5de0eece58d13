/* SPDX-License-Identifier: ISC */
#ifndef UNIT_CONF_TEXT_H
#define UNIT_CONF_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "unit/unit.h"

/* What the tests of the configuration share: a text is read as a file. */

static char error[CONF_ERROR_SIZE];     /* what the last one was refused for, or "" */
static char path[64];                   /* its name */

/* Makes a file of n octets, whose name is then in `name`: a template as of mkstemp. */
static inline void
write_file(char *name, const char *bytes, size_t n)
{
    int fd = mkstemp(name);

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static inline struct conf *
read_bytes(const char *bytes, size_t n)
{
    struct conf *conf;

    strcpy(path, "/tmp/check_conf.XXXXXX");
    write_file(path, bytes, n);
    conf = conf_read(path, error);
    unlink(path);
    return conf;
}

/* NULL: refused. */
static inline struct conf *
read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static inline struct conf *
read_good(const char *text)
{
    struct conf *conf = read_text(text);

    ck_assert_msg(conf != NULL, "%s", error);
    ck_assert_str_eq(error, "");
    return conf;
}

/* It is refused for that line, with these words among the reason's, which is one line. */
static inline void
must_refuse(const char *text, int line, const char *says)
{
    char place[128];

    ck_assert_msg(read_text(text) == NULL, "taken: %s", text);
    snprintf(place, sizeof(place), "%s:%d: ", path, line);
    ck_assert_msg(strncmp(error, place, strlen(place)) == 0, "not %s but %s\n%s", place, error,
                  text);
    ck_assert_msg(strstr(error, says) != NULL, "not \"%s\" but %s", says, error);
    ck_assert_msg(strchr(error, '\n') == NULL, "%s", error);
}

/* The configuration in force as -T prints it, to be freed. */
static inline char *
print_text(const struct conf *conf)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    conf_print(conf, out);
    fclose(out);
    return text;
}

/* The same, which has been read again and printed so again. */
static inline char *
print_twice(const struct conf *conf)
{
    char *first = print_text(conf), *second;
    struct conf *again = read_good(first);

    second = print_text(again);
    ck_assert_str_eq(first, second);
    free(second);
    conf_unref(again);
    return first;
}

#endif
