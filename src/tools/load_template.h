/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_TEMPLATE_H
#define TOOLS_LOAD_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ensure.h"
#include "tools/load_options.h"
#include "tools/load_plan.h"

#define LOAD_MARK_SIZE 16       /* "load-0000001234 " */
#define LOAD_DESTINATION_SIZE 20

/* A prepared submit_sm, of which only a few octets change from one to the next. */
struct load_template {
    uint8_t *bytes;
    size_t len;
    size_t destination_at;      /* its digits */
    size_t concat_at;           /* UDH, or the first of the three TLVs */
    size_t mark_at;             /* 0: the text has none */
};

/* One template for each kind of concatenation. */
struct load_templates {
    struct load_template kinds[CONCAT_SAR + 1];
    uint64_t first_destination;
    size_t destination_digits;
    bool one_destination;
};

/* False: no memory. */
MUST_USE bool
load_templates_init(struct load_templates *templates, const struct load_options *options);

void
load_templates_fini(struct load_templates *templates);

static inline size_t
load_template_length(const struct load_templates *templates, const struct load_part *part)
{
    return templates->kinds[part->kind].len;
}

/* Writes the part's submit_sm, load_template_length octets. */
void
load_template_write(const struct load_templates *templates, const struct load_part *part,
                    uint32_t number, uint8_t *room);

/* The destination of a part in digits; returns out. */
const char *
load_template_destination(const struct load_templates *templates, uint32_t destination,
                          char out[static LOAD_DESTINATION_SIZE]);

#endif
