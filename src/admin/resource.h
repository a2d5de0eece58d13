/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_RESOURCE_H
#define ADMIN_RESOURCE_H

#include "admin/answer.h"
#include "admin/reading.h"
#include "http/request.h"

/* What can be asked for, and how it is rendered. */

#define RESOURCE_LIST_DEFAULT 100       /* rows of a list, where the request doesn't say */
#define RESOURCE_OFFSET_MAX 1000000000

/* Of a list: what would be right. */
extern const char resource_bad_part[];

enum resource_needs {
    NEEDS_NOTHING,
    NEEDS_NODES,        /* a snapshot; a recent one serves */
    NEEDS_ACCOUNTS,     /* one that is made for it, with a part of that list */
    NEEDS_SESSIONS,
};

enum resource {
#define RESOURCE(symbol, path, needs, render, help) RESOURCE_##symbol,
#include "admin/resource.def"
#undef RESOURCE
    RESOURCES,          /* none */
};

/* What is there at this path, or RESOURCES. */
enum resource
resource_find(const char *path);

enum resource_needs
resource_needs(enum resource resource);

/* Renders it; the caller owns the answer's reference. `reading` may be NULL where
 * nothing is needed. */
struct answer
resource_render(enum resource resource, const struct reading *reading,
                const struct http_request *request);

#endif
