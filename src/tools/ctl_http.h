/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_HTTP_H
#define TOOLS_CTL_HTTP_H

#include "tools/ctl_conn.h"

/* One request to the status endpoint, on a connection of its own; blocks, for some
 * seconds at most. */

struct ctl_answer {
    unsigned status;        /* 0: it could not be asked, `why` says how it is */
    char *text;             /* the body, NUL behind it */
    size_t len;
    json_t *json;           /* the same, read; NULL: it is no JSON */
    char why[CTL_WHY_SIZE];
};

/* `body` may be NULL. Whatever comes of it, ctl_answer_fini is to be called. */
void
ctl_ask(const struct ctl *ctl, const char *method, const char *path, const char *body,
        struct ctl_answer *answer);

void
ctl_answer_fini(struct ctl_answer *answer);

/* GETs it. CTL_DONE, or it has complained. With --json it is printed, too. */
MUST_USE enum ctl_exit
ctl_get(const struct ctl *ctl, const char *path, struct ctl_answer *answer);

/* Complains if the answer isn't what was wished for. */
MUST_USE enum ctl_exit
ctl_judge(const struct ctl *ctl, const struct ctl_answer *answer);

/*
 * For ctl_stream.c.
 */

MUST_USE bool
ctl_send_request(const struct ctl *ctl, struct ctl_conn *conn, const char *method,
                 const char *path, const char *body);

/* Adds to answer->text. */
void
ctl_answer_add(struct ctl_answer *answer, const char *bytes, size_t n);

/* Text as a value in a query. */
void
ctl_encode(char *out, size_t size, const char *text);

/* Fields of a JSON object; "", 0 or false where there is none. */
const char *
ctl_text(const json_t *object, const char *name);

double
ctl_number(const json_t *object, const char *name);

bool
ctl_is(const json_t *object, const char *name);

/* The same of a member object. */
double
ctl_number_in(const json_t *object, const char *member, const char *name);

#endif
