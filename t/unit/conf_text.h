/* SPDX-License-Identifier: ISC */
#ifndef UNIT_CONF_TEXT_H
#define UNIT_CONF_TEXT_H

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

#endif
