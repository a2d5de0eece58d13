/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_DATE_H
#define TOOLS_SIM_DATE_H

#include <stddef.h>
#include <time.h>

/* Writes the first `pairs` of YY MM DD hh mm ss, in UTC, and a NUL. */
static inline void
sim_date_put(char *out, time_t at, size_t pairs)
{
    struct tm tm = {0};
    int parts[6];
    size_t i;

    gmtime_r(&at, &tm);
    parts[0] = tm.tm_year;
    parts[1] = tm.tm_mon + 1;
    parts[2] = tm.tm_mday;
    parts[3] = tm.tm_hour;
    parts[4] = tm.tm_min;
    parts[5] = tm.tm_sec;
    for (i = 0; i < pairs; i++) {
        *out++ = (char)('0' + parts[i] / 10 % 10);
        *out++ = (char)('0' + parts[i] % 10);
    }
    *out = '\0';
}

#endif
