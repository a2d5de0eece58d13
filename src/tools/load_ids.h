/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_IDS_H
#define TOOLS_LOAD_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"
#include "smpp/reader.h"

/*
 * The message_ids of a run, and which of them had a receipt. Not the ids
 * themselves are kept but 62 bits of their hash: with ten million of them, two
 * meet in one run of a hundred thousand.
 */
struct load_ids {
    uint64_t *places;       /* hash, its two low bits what is known of it; 0: free */
    size_t cap;             /* a power of two */
    size_t len;
    uint64_t given;         /* ids that responses brought, each once */
    uint64_t empty;         /* accepted without an id */
    uint64_t duplicate;     /* given again */
    uint64_t receipts;      /* all that came */
    uint64_t receipts_duplicate;
    uint64_t receipts_unknown;  /* for an id that was not given (so far) */
    uint64_t receipts_matched;  /* ids given that had one */
};

/* Room for `n` to begin with; false: no memory. */
MUST_USE bool
load_ids_init(struct load_ids *ids, uint64_t n);

void
load_ids_fini(struct load_ids *ids);

/* An accepted message's id. False: no memory. */
MUST_USE bool
load_ids_give(struct load_ids *ids, struct octets id);

/* A receipt's id; it may come before the response. False: no memory. */
MUST_USE bool
load_ids_receipt(struct load_ids *ids, struct octets id);

#endif
