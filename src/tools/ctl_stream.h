/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_STREAM_H
#define TOOLS_CTL_STREAM_H

#include "tools/ctl_http.h"

/* An answer that goes on as long as it is read: lines of JSON. */
struct ctl_stream {
    /* A line, without its end, and what it says. False: that is enough. */
    bool (*on_line)(struct ctl_stream *stream, const char *text, const json_t *line);
    void *owner;
    int64_t until_ms;       /* by ctl_now_ms: it is enough then, too */
    /* ctl_stream.c's */
    struct ctl_answer answer;       /* what is no stream */
    char *text;             /* the beginning of a line */
    size_t len;
    bool enough;
    bool broken;            /* a line is no JSON, or too long */
};

/* GETs it. CTL_DONE: it was enough; else it has complained. */
MUST_USE enum ctl_exit
ctl_stream(const struct ctl *ctl, const char *path, struct ctl_stream *stream);

#endif
