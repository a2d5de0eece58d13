/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_TABLE_H
#define TOOLS_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Aligned columns, and how numbers and times are shown. */

enum ctl_tint { TINT_NONE, TINT_GOOD, TINT_WARN, TINT_BAD, TINT_DIM, TINT_BOLD };

struct ctl_cell {
    char *text;
    enum ctl_tint tint;
};

struct ctl_table {
    const char *const *heads;   /* NULL at the end; ">NAME" is aligned to the right */
    size_t columns;
    struct ctl_cell *cells;     /* row by row */
    size_t count;
    bool failed;                /* memory was short: rows are missing */
};

void
ctl_table_init(struct ctl_table *table, const char *const *heads);

/* The next cell. */
void
ctl_table_add(struct ctl_table *table, enum ctl_tint tint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints what there is, and frees it. */
void
ctl_table_end(struct ctl_table *table, FILE *out, bool color);

/* The escape sequence that begins a tint, "" without colours; "\033[0m" ends it. */
const char *
ctl_tint(enum ctl_tint tint, bool color);

/* Control characters can do nothing to a terminal any more; returns text. */
char *
ctl_clean(char *text);

#define CTL_SHORT_SIZE 40

/* "4s", "3m12s", "2h05m", "12d" */
const char *
ctl_lasting(double seconds, char out[static CTL_SHORT_SIZE]);

/* How long ago that moment of the API is, "-" for none. */
const char *
ctl_ago(const char *moment, char out[static CTL_SHORT_SIZE]);

/* A moment of the API as local time. */
const char *
ctl_local(const char *moment, char out[static CTL_SHORT_SIZE]);

/* "0.42ms", "12ms", "1.2s" */
const char *
ctl_ms(double ms, char out[static CTL_SHORT_SIZE]);

/* "0", "9.5", "1203" */
const char *
ctl_rate(double rate, char out[static CTL_SHORT_SIZE]);

#endif
