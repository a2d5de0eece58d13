/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ensure.h"

/*
 * One line an event: time, level, label (who it is about), a fixed sentence,
 * then key=value. Any thread may log; a line is written whole.
 * Never a password; text of messages never above LOG_LEVEL_TRACE; what came
 * off the wire goes through escape() (base/escape.h) first.
 */

enum log_level {
#define LEVEL(symbol, name, priority) LOG_LEVEL_##symbol,
#include "base/log_level.def"
#undef LEVEL
};

/* Where lines go: "stderr", "syslog" or "file:PATH"; false with errno set when
 * the file can't be opened. May be called again; then the target changes. */
MUST_USE bool
log_open(const char *program, const char *target);

/* Opens a log file anew by its name, after it was rotated away. False, with errno set: it
 * can't, and the old one stays. */
bool
log_reopen(void);

/* Gives a log file to whom the process is about to become. */
void
log_give(uid_t uid, gid_t gid);

void
log_close(void);

void
log_set_level(enum log_level level);

/* The level of that name; false when there is none. */
MUST_USE bool
log_level_parse(const char *name, enum log_level *level);

const char *
log_level_name(enum log_level level);

bool
log_wants(enum log_level level);

/* `label` may be NULL. */
void
log_write(enum log_level level, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(label, ...) log_write(LOG_LEVEL_ERROR, (label), __VA_ARGS__)
#define log_warning(label, ...) log_write(LOG_LEVEL_WARNING, (label), __VA_ARGS__)
#define log_notice(label, ...) log_write(LOG_LEVEL_NOTICE, (label), __VA_ARGS__)
#define log_info(label, ...) log_write(LOG_LEVEL_INFO, (label), __VA_ARGS__)
#define log_debug(label, ...) \
    (log_wants(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, (label), __VA_ARGS__) : (void)0)

/*
 * For a line that a peer can bring about at will: at most LOG_BURST of them a
 * second from one place and thread; then one line says how many were left out.
 *
 *     static _Thread_local struct log_limit limit;
 *     if (log_allow(&limit))
 *         log_info(…);
 */
#define LOG_BURST 20

struct log_limit {
    int64_t second;
    unsigned lines;
    unsigned swallowed;
};

MUST_USE bool
log_allow(struct log_limit *limit);

#define log_limited(level, label, ...) \
    do { \
        static _Thread_local struct log_limit limit_; \
        if (log_wants(level) && log_allow(&limit_)) \
            log_write(level, label, __VA_ARGS__); \
    } while (0)

#endif
