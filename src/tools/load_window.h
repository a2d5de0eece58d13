/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_WINDOW_H
#define TOOLS_LOAD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ensure.h"
#include "smpp/command.h"
#include "tools/load_plan.h"

/* A request that is open, or was. */
struct load_open {
    uint32_t number;
    uint32_t command;           /* command_id of the request */
    bool is_open;
    struct load_part part;      /* of a submit_sm; of a follow-up: number is its index */
};

/*
 * The requests of one connection by sequence number. A number's place is fixed
 * (number modulo size), and there it stays known after its answer until a later
 * number takes the place, so a second answer is told from one to nothing. A
 * number whose place is still taken by an open request is left out.
 */
struct load_window {
    struct load_open *slots;
    uint32_t mask;
    uint32_t next;          /* the next sequence number */
    uint64_t used;          /* numbers that were passed */
    unsigned open;          /* requests that are open and count towards the limit */
};

enum load_match {
    LOAD_MATCH_OPEN,        /* it answers an open request, which is closed now */
    LOAD_MATCH_DUPLICATE,   /* its request was answered before */
    LOAD_MATCH_UNEXPECTED,  /* no request had that number, or it was of another command */
};

/* Does it count towards the limit? Messages and follow-ups do; binds, unbinds
 * and enquire_links don't. */
static inline bool
load_open_counts(const struct load_open *open)
{
    return open->command == SMPP_SUBMIT_SM || open->command == SMPP_QUERY_SM ||
           open->command == SMPP_CANCEL_SM || open->command == SMPP_REPLACE_SM;
}

/* Room for `limit` open requests and a few more; false: no memory. */
MUST_USE bool
load_window_init(struct load_window *window, uint64_t limit);

void
load_window_fini(struct load_window *window);

/* Forgets everything; numbers begin at `first`. */
void
load_window_clear(struct load_window *window, uint32_t first);

/* A new request with the next number; its part is the caller's to set. */
struct load_open *
load_window_add(struct load_window *window, uint32_t command);

/* What the response with that number and command_id answers. *open is set for
 * LOAD_MATCH_OPEN alone, and valid until the next load_window_add. */
enum load_match
load_window_answer(struct load_window *window, uint32_t number, uint32_t command,
                   struct load_open **open);

/* Closes the next open request that counts, from slot *from on (0 to begin
 * with); NULL: there is none any more. */
const struct load_open *
load_window_forget(struct load_window *window, uint32_t *from);

#endif
