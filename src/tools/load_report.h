/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_REPORT_H
#define TOOLS_LOAD_REPORT_H

#include <stdbool.h>

#include "tools/load_run.h"

/* Is everything as it should be, by what the options ask for? */
bool
load_report_is_good(const struct load_run *run);

/* Prints it for people, on stdout. */
void
load_report_print(const struct load_run *run);

/* Prints it as one JSON object, on stdout; false: no memory. */
MUST_USE bool
load_report_print_json(const struct load_run *run);

/* Messages that the plan held and that were not sent. */
uint64_t
load_report_unsent(const struct load_run *run);

/* Seconds from the first message to the last answer. */
double
load_report_elapsed(const struct load_run *run);

/* Accepted messages a second. */
double
load_report_rate(const struct load_run *run);

#endif
