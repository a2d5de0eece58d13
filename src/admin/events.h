/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_EVENTS_H
#define ADMIN_EVENTS_H

#include <stdint.h>

/* The last changes of state; older ones make room. */

#define EVENTS_KEPT 256

struct event {
    uint64_t id;            /* from 1 on, without gaps */
    uint64_t at_ms;         /* on the wall's clock */
    char kind[16];          /* "node", "configuration", "program", "session", "ban" */
    char who[80];           /* "emg/emg1" */
    char from[24];
    char to[24];
    char why[256];          /* cut where it is longer */
};

struct events {
    struct event ring[EVENTS_KEPT];
    uint64_t last;          /* the newest one's id; 0: none */
};

/* Adds one that happens now. The texts are copied, and cut where they are too long. */
void
events_add(struct events *events, const char *kind, const char *who, const char *from,
           const char *to, const char *why);

/* The oldest that is kept with an id over `after`, or NULL. */
const struct event *
events_after(const struct events *events, uint64_t after);

#endif
