/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include <stdio.h>

#include "admin/reading.h"

/* Writes all metrics in Prometheus' text format 0.0.4. Labels are names of the
 * configuration and of tables alone: how many there are is bounded. */
void
metrics_write(const struct reading *reading, FILE *out);

#endif
