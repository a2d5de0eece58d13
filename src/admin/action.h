/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_ACTION_H
#define ADMIN_ACTION_H

#include "admin/admin.h"
#include "http/request.h"

/* What a POST asks for, read from its path and body. */

enum action_kind {
    ACTION_NONE,        /* nothing can be done at this path */
    ACTION_BAD,         /* `why` says what would be right */
    ACTION_RELOAD,
    ACTION_KICK,
    ACTION_NODE,
    ACTION_LIFT,
};

struct action {
    enum action_kind kind;
    const char *why;
    uint64_t session;           /* ACTION_KICK */
    char farm[64];              /* ACTION_NODE */
    char node[64];
    enum admin_deed deed;
    uint32_t weight;
    struct addr addr;           /* ACTION_LIFT; its len is 0: all */
};

void
action_read(const struct http_request *request, struct action *action);

/* Is there something to be done at this path, by POST? */
bool
action_is_path(const char *path);

/* "drain" */
const char *
action_deed_name(enum admin_deed deed);

#endif
