/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_READING_H
#define ADMIN_READING_H

#include "admin/admin.h"
#include "admin/events.h"
#include "admin/history.h"

/* What an answer is made of: the moment, as all who render it see it. */
struct reading {
    const struct snapshot *snapshot;
    const struct conf *conf;                /* the snapshot's */
    const struct admin_ops *ops;
    void *owner;                            /* of ops */
    const struct admin_info *info;
    const struct history *history;
    const struct events *events;
    uint64_t wall_ms;
    uint64_t uptime_ms;                     /* by a clock that nobody sets */
    /* of the endpoint itself */
    uint32_t connections;
    uint64_t requests;
    uint64_t refused;
    uint64_t tls_failed;
    uint32_t traces;
};

void
reading_view(const struct reading *reading, size_t farm, size_t node, struct admin_view *view);

/* How many of the farm's nodes are up. */
size_t
reading_up(const struct reading *reading, size_t farm);

/* How many addresses are banned. */
size_t
reading_bans(const struct reading *reading);

/* The first farm without a node that is up; NULL: each has one. */
const char *
reading_lacking(const struct reading *reading);

#endif
