/* SPDX-License-Identifier: ISC */
/*
 * How the values on smppload's command line are written, and which of them go
 * together.
 */
#include "tools/load_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/pdu.h"
#include "tools/load_template.h"

struct unit {
    const char *name;
    double factor;
};

/* A number and one of the units; "" may be one. */
static bool
read_scaled(const char *text, const struct unit *units, double *value)
{
    char *end;

    errno = 0;
    *value = strtod(text, &end);
    if (end == text || errno != 0 || !(*value >= 0))
        return false;
    for (; units->name != NULL; units++)
        if (strcmp(end, units->name) == 0) {
            *value *= units->factor;
            return *value < 9e15;
        }
    return false;
}

bool
load_read_count(const char *text, uint64_t *value, const char **why)
{
    static const struct unit units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
    double number;

    *why = "a whole number, k, M or G after it: 10000, 10k, 1M";
    if (!read_scaled(text, units, &number) || number != (double)(uint64_t)number)
        return false;
    *value = (uint64_t)number;
    return true;
}

bool
load_read_duration(const char *text, uint64_t *ms, const char **why)
{
    static const struct unit units[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4},
                                        {"h", 3.6e6}, {NULL, 0}};
    double number;

    *why = "a time is a number and ms, s, m or h: 500ms, 10s, 5m";
    if (!read_scaled(text, units, &number))
        return false;
    *ms = (uint64_t)(number + 0.5);
    return true;
}

bool
load_read_real(const char *text, double *value, const char **why)
{
    static const struct unit units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};

    *why = "a number, k or M after it: 0.5, 1000, 20k";
    return read_scaled(text, units, value);
}

bool
load_read_parts(const char *text, unsigned *least, unsigned *most, const char **why)
{
    unsigned long low, high;
    char *end;

    *why = "from 2 to 255 parts: 2-10, or 4";
    if (*text < '0' || *text > '9')
        return false;
    low = high = strtoul(text, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9')
        high = strtoul(end + 1, &end, 10);
    if (*end != '\0' || low < 2 || high < low || high > 255)
        return false;
    *least = (unsigned)low;
    *most = (unsigned)high;
    return true;
}

bool
load_read_concat(const char *text, struct load_options *options, const char **why)
{
    static const struct {
        const char *name;
        unsigned n;
        enum concat_kind kinds[3];
    } rows[] = {
        {"udh8", 1, {CONCAT_UDH8}},
        {"udh16", 1, {CONCAT_UDH16}},
        {"sar", 1, {CONCAT_SAR}},
        {"mix", 3, {CONCAT_UDH8, CONCAT_UDH16, CONCAT_SAR}},
    };
    size_t i;

    *why = "one of udh8, udh16, sar and mix";
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(text, rows[i].name) == 0) {
            options->n_kinds = rows[i].n;
            memcpy(options->kinds, rows[i].kinds, sizeof(options->kinds));
            return true;
        }
    return false;
}

bool
load_read_bind(const char *text, enum load_bind *bind, const char **why)
{
    static const char *const names[] = {
        [LOAD_BIND_TRX] = "trx", [LOAD_BIND_TX] = "tx", [LOAD_BIND_RX] = "rx",
        [LOAD_BIND_PAIR] = "tx+rx",
    };
    unsigned i;

    *why = "one of trx, tx, rx and tx+rx";
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(text, names[i]) == 0) {
            *bind = (enum load_bind)i;
            return true;
        }
    return false;
}

bool
load_read_answer(const char *text, struct load_answer *answer, const char **why)
{
    const char *colon = strrchr(text, ':');
    char name[64];

    *why = "a status and a share in percent: RX_T_APPN:5";
    if (colon == NULL || (size_t)(colon - text) >= sizeof(name))
        return false;
    memcpy(name, text, (size_t)(colon - text));
    name[colon - text] = '\0';
    return status_parse(name, &answer->status) &&
           load_read_real(colon + 1, &answer->percent, why) && answer->percent <= 100;
}

static bool
is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 18 && text[n] == '\0';
}

/* Enough digits to count up to the last destination? */
static bool
destinations_fit(const struct load_options *options)
{
    uint64_t first = strtoull(options->destination, NULL, 10), limit = 1;
    size_t i;

    for (i = 0; options->destination[i] != '\0'; i++)
        limit *= 10;
    return options->destinations >= 1 && options->destinations <= UINT32_MAX &&
           first + options->destinations <= limit;
}

bool
load_options_check(const struct load_options *options, const char **why)
{
    *why = NULL;
    if (options->n_targets == 0)
        *why = "--target is needed: where to connect";
    else if (options->connections < 1 || options->connections > 10000)
        *why = "--connections is from 1 to 10000";
    else if (options->n_accounts > 10000)
        *why = "there are at most 10000 accounts";
    else if (options->window < 1 || options->window > LOAD_WINDOW_MAX)
        *why = "--window is from 1 to 65536";
    else if (options->sequence_start < 1 || options->sequence_start > SMPP_NUMBER_MAX)
        *why = "--sequence-start is from 1 to 2147483647";
    else if (options->size > LOAD_SIZE_MAX)
        *why = "--size is at most 60000";
    else if (options->mark && options->size < LOAD_MARK_SIZE)
        *why = "--mark needs a --size of 16 or more";
    else if (options->long_percent > 100)
        *why = "--long is a share in percent, at most 100";
    else if (options->unfinished_percent > 100)
        *why = "--unfinished is a share in percent, at most 100";
    else if (!is_number(options->destination) || !destinations_fit(options))
        *why = "--destination has up to 18 digits and can be counted up --destinations times";
    else if (options->rate > 1e7)
        *why = "--rate is at most 10M";
    else if (options->timeout_ms == 0)
        *why = "--timeout is longer than nothing";
    else if (options->query > 1000000 || options->replace > 1000000 || options->cancel > 1000000)
        *why = "--query, --replace and --cancel are at most 1M";
    return *why == NULL;
}
