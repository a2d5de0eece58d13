/* SPDX-License-Identifier: ISC */
#include "tools/ctl_table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GAP 2

void
ctl_table_init(struct ctl_table *table, const char *const *heads)
{
    memset(table, 0, sizeof(*table));
    table->heads = heads;
    while (heads[table->columns] != NULL)
        table->columns++;
}

char *
ctl_clean(char *text)
{
    unsigned char *at;

    for (at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
            at[0] = at[1] = '?';
        if (*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
    return text;
}

void
ctl_table_add(struct ctl_table *table, enum ctl_tint tint, const char *format, ...)
{
    struct ctl_cell *cells = realloc(table->cells, (table->count + 1) * sizeof(*cells));
    va_list args;
    int n;

    if (cells == NULL) {
        table->failed = true;
        return;
    }
    table->cells = cells;
    va_start(args, format);
    n = vasprintf(&cells[table->count].text, format, args);
    va_end(args);
    if (n == -1) {
        table->failed = true;
        return;
    }
    ctl_clean(cells[table->count].text);
    cells[table->count++].tint = tint;
}

/* Of characters that take one column each, as far as is known. */
static size_t
width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static const char *
head_of(const struct ctl_table *table, size_t column)
{
    return table->heads[column] + (table->heads[column][0] == '>');
}

static size_t
width_of_column(const struct ctl_table *table, size_t column)
{
    size_t most = width_of(head_of(table, column)), width, i;

    for (i = column; i < table->count; i += table->columns) {
        width = width_of(table->cells[i].text);
        most = width > most ? width : most;
    }
    return most;
}

static void
print_cell(const struct ctl_table *table, size_t column, size_t width, const char *text,
           const char *tint, FILE *out)
{
    bool right = table->heads[column][0] == '>', last = column + 1 == table->columns;
    int pad = (int)(width - width_of(text));

    fprintf(out, "%*s%s%s%s", right ? pad : 0, "", tint, text, tint[0] != '\0' ? "\033[0m" : "");
    if (last)
        putc('\n', out);
    else
        fprintf(out, "%*s", (right ? 0 : pad) + GAP, "");
}

void
ctl_table_end(struct ctl_table *table, FILE *out, bool color)
{
    size_t *widths = calloc(table->columns, sizeof(*widths)), i, column;

    for (column = 0; widths != NULL && column < table->columns; column++)
        widths[column] = width_of_column(table, column);
    for (column = 0; widths != NULL && column < table->columns; column++)
        print_cell(table, column, widths[column], head_of(table, column),
                   ctl_tint(TINT_BOLD, color), out);
    for (i = 0; i < table->count; i++) {
        column = i % table->columns;
        if (widths != NULL)
            print_cell(table, column, widths[column], table->cells[i].text,
                       ctl_tint(table->cells[i].tint, color), out);
        free(table->cells[i].text);
    }
    if (table->failed || widths == NULL)
        fputs("memory is short\n", out);
    free(widths);
    free(table->cells);
    memset(table, 0, sizeof(*table));
}

const char *
ctl_tint(enum ctl_tint tint, bool color)
{
    if (!color)
        return "";
    switch (tint) {
    case TINT_NONE:
        return "";
    case TINT_GOOD:
        return "\033[32m";
    case TINT_WARN:
        return "\033[33m";
    case TINT_BAD:
        return "\033[1;31m";
    case TINT_DIM:
        return "\033[2m";
    case TINT_BOLD:
        return "\033[1m";
    }
    return "";
}

const char *
ctl_lasting(double seconds, char out[static CTL_SHORT_SIZE])
{
    unsigned long long s = seconds > 0 ? (unsigned long long)seconds : 0;

    if (s < 60)
        snprintf(out, CTL_SHORT_SIZE, "%llus", s);
    else if (s < 3600)
        snprintf(out, CTL_SHORT_SIZE, "%llum%02llus", s / 60, s % 60);
    else if (s < 48 * 3600)
        snprintf(out, CTL_SHORT_SIZE, "%lluh%02llum", s / 3600, s / 60 % 60);
    else
        snprintf(out, CTL_SHORT_SIZE, "%llud", s / 86400);
    return out;
}

/* "2026-11-23T06:14:05.123Z" */
static bool
read_moment(const char *moment, time_t *at)
{
    struct tm tm = {0};

    if (strptime(moment, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
        return false;
    *at = timegm(&tm);
    return true;
}

const char *
ctl_ago(const char *moment, char out[static CTL_SHORT_SIZE])
{
    time_t at;

    if (!read_moment(moment, &at))
        return "-";
    return ctl_lasting(difftime(time(NULL), at), out);
}

const char *
ctl_local(const char *moment, char out[static CTL_SHORT_SIZE])
{
    struct tm tm;
    time_t at;

    if (!read_moment(moment, &at))
        return "-";
    localtime_r(&at, &tm);
    strftime(out, CTL_SHORT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

const char *
ctl_ms(double ms, char out[static CTL_SHORT_SIZE])
{
    if (ms >= 1000)
        snprintf(out, CTL_SHORT_SIZE, "%.1fs", ms / 1000);
    else
        snprintf(out, CTL_SHORT_SIZE, "%.*fms", ms < 1 ? 2 : ms < 10 ? 1 : 0, ms);
    return out;
}

const char *
ctl_rate(double rate, char out[static CTL_SHORT_SIZE])
{
    snprintf(out, CTL_SHORT_SIZE, "%.*f", rate > 0 && rate < 100 ? 1 : 0, rate);
    return out;
}
