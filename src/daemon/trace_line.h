/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TRACE_LINE_H
#define DAEMON_TRACE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "proxy/tap.h"

/* The lines of a trace, as docs/openapi.yaml has them: each is a JSON object. */

struct trace_line {
    FILE *out;
    int64_t wall_us;        /* to be added to the loops' clock */
    bool text;              /* of messages, too */
};

void
trace_line_begin(const struct trace_line *to, const struct tap_filter *what, uint32_t sessions);

void
trace_line_record(const struct trace_line *to, const struct tap_view *view);

/* So many records could not be kept at this worker. */
void
trace_line_lost(const struct trace_line *to, uint32_t worker, uint64_t lost);

void
trace_line_end(const struct trace_line *to, const char *why, uint64_t records, uint64_t lost);

#endif
