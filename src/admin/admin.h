/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "route/snapshot.h"

/*
 * What the status endpoint wants of the program that it is a part of. All of it is on
 * the master's thread.
 */

/* One check of a node, and its last probe. Texts as in admin_view. */
struct admin_check {
    const char *type;               /* "links", "tcp", "smpp" or "http" */
    bool up;                        /* it has nothing against the node */
    const char *outcome;            /* the last probe's, or "" */
    const char *detail;             /* what is to be added, or "" */
    uint64_t at_ms;                 /* when that was; 0: never */
    uint64_t took_us;
};

/* A node as its health sees it. Texts stay valid until the loop goes on. */
struct admin_view {
    const char *state;              /* "up", "going-down", "down" or "coming-up" */
    bool up;                        /* takes messages, as far as its health goes */
    const char *order;              /* "ready", "drain" or "maint": what operators want */
    uint64_t order_since_ms;        /* when they said so, or it began */
    const char *why;                /* of the last change of state; "" at the beginning */
    uint64_t since_ms;              /* when that was, on the wall's clock */
    uint32_t weight;                /* in force */
    struct admin_check check;       /* the one that tells most: what keeps it down, if any does */
};

/* Who is not let in for having failed to bind too often. */
struct admin_ban {
    char net[CIDR_TEXT_SIZE];       /* an address, or the 64 bits of IPv6 */
    size_t listener;
    uint32_t failures;
    uint64_t since_ms, until_ms;    /* on the wall's clock */
    char why[160];                  /* of the last failure */
};

#define ADMIN_TRACE_NAME_SIZE 64

/* What is to be traced; "" is all. */
struct admin_trace {
    char account[ADMIN_TRACE_NAME_SIZE];    /* never "" */
    char farm[ADMIN_TRACE_NAME_SIZE];
    char node[ADMIN_TRACE_NAME_SIZE];
    bool text;                      /* of messages, too */
    bool enquire;                   /* enquire_links, too */
};

/* What became of an action. */
enum admin_end {
    ADMIN_DONE,
    ADMIN_UNKNOWN,      /* there is no such thing */
    ADMIN_REFUSED,      /* it can't be done now; `text` says why */
    ADMIN_MISSING,      /* this program can't do it */
};

struct admin_verdict {
    enum admin_end end;
    char text[1024];
};

enum admin_deed {
#define ACTION(symbol, name, needs_weight, help) ADMIN_##symbol,
#include "admin/action.def"
#undef ACTION
};

struct admin_ops {
    /* Has the workers fill the snapshot; server_take gets it back, later. It is
     * the callee's unless false is returned: then it can't be done now. */
    bool (*ask)(void *owner, struct snapshot *snapshot);
    void (*view)(void *owner, size_t farm, size_t node, struct admin_view *view);
    /* The i-th check of the node; false: it has none so far up. */
    bool (*check)(void *owner, size_t farm, size_t node, size_t i, struct admin_check *check);
    /* Reads the configuration again. True: server_answer tells the end, later; else
     * *verdict does. */
    bool (*reload)(void *owner, uint64_t ticket, struct admin_verdict *verdict);
    /* ADMIN_DRAIN, READY, MAINT or WEIGHT; NULL: none of them can be done. */
    void (*order)(void *owner, size_t farm, size_t node, enum admin_deed deed, uint32_t weight,
                  struct admin_verdict *verdict);
    /* Ends a session; server_answer tells the end of it, later, unless false. */
    bool (*kick)(void *owner, uint64_t session, uint64_t ticket);
    /* Fills at most `room` rows, the newest first, behind the first `skip`; returns how many
     * there are. */
    size_t (*bans)(void *owner, size_t skip, struct admin_ban *rows, size_t room);
    /* Lifts that of an address, or (NULL) all. */
    void (*lift)(void *owner, const struct addr *addr, struct admin_verdict *verdict);
    /* Begins a trace for whoever the ticket stands for: server_trace_put gets lines, later, and
     * at last server_trace_over, unless trace_gone comes first. False: *verdict says why. */
    bool (*trace)(void *owner, const struct admin_trace *what, uint64_t ticket,
                  struct admin_verdict *verdict);
    /* Its reader has room again. */
    void (*trace_room)(void *owner, uint64_t ticket);
    /* Its reader is gone. */
    void (*trace_gone)(void *owner, uint64_t ticket);
};

/* What the endpoint tells of the program. */
struct admin_info {
    uint64_t started_ms;            /* on the wall's clock, as is loaded_ms */
    uint64_t loaded_ms;             /* the configuration in force */
    const char *path;               /* of its file, or NULL */
    struct addr *listeners;         /* bound, one for each of conf's */
    bool draining;
};

/* Milliseconds since 1970, by the wall's clock. */
uint64_t
admin_wall_ms(void);

#define ADMIN_TIME_SIZE 40

/* "2026-11-23T06:14:05.123Z"; returns out. */
const char *
admin_time(uint64_t wall_ms, char out[static ADMIN_TIME_SIZE]);

#endif
