/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_SHOW_H
#define TOOLS_CTL_SHOW_H

#include <stdio.h>

#include "tools/ctl.h"
#include "tools/ctl_table.h"

/* Answers of the API as tables, for several commands. */

/* {"nodes": [...]} */
void
ctl_show_nodes(const json_t *answer, FILE *out, bool color);

/* {"farms": [...]} */
void
ctl_show_farms(const json_t *answer, FILE *out, bool color);

/* ["a", "b"] as one cell, "a,b" */
void
ctl_put_names(struct ctl_table *table, const json_t *names);

/* One line or more about what is not as it should be, the worst first; or that all is well. */
void
ctl_show_verdict(const json_t *status, const json_t *farms, const json_t *nodes, FILE *out,
                 bool color);

#endif
