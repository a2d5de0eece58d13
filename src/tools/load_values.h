/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_VALUES_H
#define TOOLS_LOAD_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/load_options.h"

/* Each reads one value of the command line; false: *why says what would be right. */

MUST_USE bool
load_read_count(const char *text, uint64_t *value, const char **why);

MUST_USE bool
load_read_duration(const char *text, uint64_t *ms, const char **why);

MUST_USE bool
load_read_real(const char *text, double *value, const char **why);

/* "2-10" or "4". */
MUST_USE bool
load_read_parts(const char *text, unsigned *least, unsigned *most, const char **why);

MUST_USE bool
load_read_concat(const char *text, struct load_options *options, const char **why);

MUST_USE bool
load_read_bind(const char *text, enum load_bind *bind, const char **why);

/* "RX_T_APPN:5". */
MUST_USE bool
load_read_answer(const char *text, struct load_answer *answer, const char **why);

/* Do the values go together? */
MUST_USE bool
load_options_check(const struct load_options *options, const char **why);

#endif
