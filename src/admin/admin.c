/* SPDX-License-Identifier: ISC */
#include "admin/admin.h"

#include <stdio.h>
#include <time.h>

uint64_t
admin_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *
admin_time(uint64_t wall_ms, char out[static ADMIN_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    char text[ADMIN_TIME_SIZE / 2 + 4];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, ADMIN_TIME_SIZE, "%s.%03uZ", text, (unsigned)(wall_ms % 1000));
    return out;
}
