/* SPDX-License-Identifier: ISC */
/*
 * The log: formats a line on the stack of the thread that logs and hands it to
 * the target with one system call. The target changes only in log_open and
 * log_reopen, under a lock that writers share.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 4096

static const char *const level_names[] = {
#define LEVEL(symbol, name, priority) name,
#include "base/log_level.def"
#undef LEVEL
};

static const int level_priorities[] = {
#define LEVEL(symbol, name, priority) priority,
#include "base/log_level.def"
#undef LEVEL
};

static pthread_rwlock_t target_lock = PTHREAD_RWLOCK_INITIALIZER;
static char *target_path;               /* NULL: stderr or syslog */
static int target_fd = STDERR_FILENO;   /* -1: syslog */
static _Atomic int threshold = LOG_LEVEL_INFO;

static int
open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

static void
drop_target(void)
{
    if (target_path != NULL)
        close(target_fd);
    if (target_fd == -1)
        closelog();
    free(target_path);
    target_path = NULL;
    target_fd = STDERR_FILENO;
}

bool
log_open(const char *program, const char *target)
{
    char *path = NULL;
    int fd = STDERR_FILENO;

    if (strcmp(target, "syslog") == 0) {
        fd = -1;
    } else if (strncmp(target, "file:", 5) == 0) {
        fd = open_file(target + 5);
        if (fd == -1)
            return false;
        path = strdup(target + 5);
        if (path == NULL) {
            close(fd);
            return false;
        }
    }
    pthread_rwlock_wrlock(&target_lock);
    drop_target();
    target_path = path;
    target_fd = fd;
    if (fd == -1)
        openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
    pthread_rwlock_unlock(&target_lock);
    return true;
}

bool
log_reopen(void)
{
    bool ok = true;
    int fd;

    pthread_rwlock_wrlock(&target_lock);
    if (target_path != NULL) {
        fd = open_file(target_path);
        ok = fd != -1;
        if (ok) {
            close(target_fd);
            target_fd = fd;
        }
    }
    pthread_rwlock_unlock(&target_lock);
    return ok;
}

void
log_give(uid_t uid, gid_t gid)
{
    pthread_rwlock_rdlock(&target_lock);
    if (target_path != NULL && fchown(target_fd, uid, gid) == -1) {
        /* Not ours to give; whether it can be opened anew is tried later. */
    }
    pthread_rwlock_unlock(&target_lock);
}

void
log_close(void)
{
    pthread_rwlock_wrlock(&target_lock);
    drop_target();
    pthread_rwlock_unlock(&target_lock);
}

void
log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

bool
log_wants(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

const char *
log_level_name(enum log_level level)
{
    return level_names[level];
}

bool
log_level_parse(const char *name, enum log_level *level)
{
    size_t i;

    for (i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

static size_t
put_time(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm tm;
    size_t n;
    int more;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(line, size, "%Y-%m-%d %H:%M:%S", &tm);
    more = snprintf(line + n, size - n, ".%03ld %-7s ", now.tv_nsec / 1000000,
                    level_names[level]);
    return n + (size_t)more;
}

static void
write_out(enum log_level level, char *line, size_t text_at, size_t len)
{
    ssize_t written;

    pthread_rwlock_rdlock(&target_lock);
    if (target_fd == -1) {
        syslog(level_priorities[level], "%s", line + text_at);
    } else {
        line[len++] = '\n';
        do
            written = write(target_fd, line, len);
        while (written == -1 && errno == EINTR);
    }
    pthread_rwlock_unlock(&target_lock);
}

void
log_write(enum log_level level, const char *label, const char *format, ...)
{
    char line[LINE_SIZE];
    size_t text_at, len;
    va_list args;
    int n;

    if (!log_wants(level))
        return;
    text_at = len = put_time(line, sizeof(line), level);
    if (label != NULL) {
        n = snprintf(line + len, sizeof(line) - len, "%s: ", label);
        len += (size_t)n < sizeof(line) - len ? (size_t)n : sizeof(line) - len - 1;
    }
    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len, format, args);
    va_end(args);
    len += (size_t)n < sizeof(line) - len ? (size_t)n : sizeof(line) - len - 1;
    write_out(level, line, text_at, len);
}

bool
log_allow(struct log_limit *limit)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec != limit->second) {
        if (limit->swallowed > 0)
            log_write(LOG_LEVEL_NOTICE, NULL, "lines like the next were left out lines=%u",
                      limit->swallowed);
        *limit = (struct log_limit){.second = now.tv_sec};
    }
    if (limit->lines == LOG_BURST) {
        limit->swallowed++;
        return false;
    }
    limit->lines++;
    return true;
}
