/* SPDX-License-Identifier: ISC */
#include "admin/events.h"

#include <stddef.h>
#include <stdio.h>

#include "admin/admin.h"

void
events_add(struct events *events, const char *kind, const char *who, const char *from,
           const char *to, const char *why)
{
    struct event *event = &events->ring[++events->last % EVENTS_KEPT];

    event->id = events->last;
    event->at_ms = admin_wall_ms();
    snprintf(event->kind, sizeof(event->kind), "%s", kind);
    snprintf(event->who, sizeof(event->who), "%s", who);
    snprintf(event->from, sizeof(event->from), "%s", from);
    snprintf(event->to, sizeof(event->to), "%s", to);
    snprintf(event->why, sizeof(event->why), "%s", why);
}

const struct event *
events_after(const struct events *events, uint64_t after)
{
    uint64_t first = events->last < EVENTS_KEPT ? 1 : events->last - EVENTS_KEPT + 1;

    if (after >= events->last)
        return NULL;
    return &events->ring[(after + 1 > first ? after + 1 : first) % EVENTS_KEPT];
}
