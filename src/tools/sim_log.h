/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_LOG_H
#define TOOLS_SIM_LOG_H

#include "base/ensure.h"
#include "smpp/message.h"

struct sim_session;

/* The file that gets a line for each message taken. Lines are gathered, and
 * written before anything that a node says (tools/sim_transport.h). */
struct sim_log {
    int fd;             /* -1: no log */
    size_t text_max;    /* octets of the text that a line shows */
    char *buffer;
    size_t used;
};

/* `path` may be "-" (stdout) or NULL (no log). False with errno set. */
MUST_USE bool
sim_log_open(struct sim_log *log, const char *path, size_t text_max);

/* Writes what is left. */
void
sim_log_close(struct sim_log *log);

/* Writes all lines with write(2). A file that takes no more ends the program:
 * its answers would no longer be vouched for. */
void
sim_log_write(struct sim_log *log);

static inline void
sim_log_flush(struct sim_log *log)
{
    if (log->used > 0)
        sim_log_write(log);
}

/* One line: node, system_id, source, destination, message id, sequence number,
 * concat kind, reference, total, part, text in hex. */
void
sim_log_message(struct sim_log *log, const struct sim_session *session, const char *id,
                uint32_t number, const struct message *message);

#endif
