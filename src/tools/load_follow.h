/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_FOLLOW_H
#define TOOLS_LOAD_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "smpp/reader.h"
#include "tools/load_counts.h"
#include "tools/load_template.h"

#define LOAD_ID_SIZE 66         /* a message_id and its NUL, §5.2.23 */
#define LOAD_FOLLOW_ROOM 512    /* the longest query, replace or cancel */

enum load_operation {
    LOAD_QUERY,
    LOAD_REPLACE,
    LOAD_CANCEL,
    LOAD_OPERATIONS,
};

/*
 * What is asked about messages once all are sent: the first ids that came are
 * kept, and each operation goes through them in order.
 */
struct load_follow {
    const struct load_options *options;
    const struct load_templates *templates;
    struct load_followed {
        char id[LOAD_ID_SIZE];
        uint16_t account;
        uint32_t destination;
    } *items;
    uint64_t n;
    uint64_t cap;
    uint64_t wanted[LOAD_OPERATIONS];
    unsigned operation;                 /* where it is */
    uint64_t next;                      /* item of it */
    uint64_t open;
    struct load_statuses answers[LOAD_OPERATIONS];
    uint64_t unanswered[LOAD_OPERATIONS];
};

/* False: no memory. */
MUST_USE bool
load_follow_init(struct load_follow *follow, const struct load_options *options,
                 const struct load_templates *templates);

void
load_follow_fini(struct load_follow *follow);

/* Keeps an accepted message's id, if it is one of the first. */
void
load_follow_keep(struct load_follow *follow, struct octets id, uint16_t account,
                 uint32_t destination);

/* Moves on to what is to be asked next; false: everything was. */
bool
load_follow_has_next(struct load_follow *follow);

/* The account that must ask it. */
uint16_t
load_follow_account(const struct load_follow *follow);

/* Writes it with sequence number 0; returns its length, and its command_id in *command. */
size_t
load_follow_write(struct load_follow *follow, uint8_t room[static LOAD_FOLLOW_ROOM],
                  uint32_t *command);

void
load_follow_answer(struct load_follow *follow, uint32_t command, uint32_t status);

void
load_follow_unanswered(struct load_follow *follow, uint32_t command);

const char *
load_operation_name(unsigned operation);

#endif
