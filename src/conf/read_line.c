/* SPDX-License-Identifier: ISC */
/* Secrets that stand in files of their own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conf/read.h"

bool
read_first_line(const char *path, char *line, size_t size, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = fd == -1 ? -1 : read(fd, line, size - 1);
    size_t len;

    *why = strerror(errno);
    if (fd != -1)
        close(fd);
    line[n > 0 ? n : 0] = '\0';
    len = strcspn(line, "\r\n");
    if (n > 0 && line[len] == '\0' && len < (size_t)n)
        len = 0;    /* a NUL in it */
    line[len] = '\0';
    return n >= 0;
}
