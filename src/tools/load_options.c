/* SPDX-License-Identifier: ISC */
/*
 * Reads smppload's command line. The options stand in load_option.def, whose
 * rows make getopt's table, where a value goes, and --help.
 */
#include "tools/load_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "tools/load_tls.h"
#include "tools/load_values.h"

enum option_type {
    FLAG,       /* bool */
    COUNT,      /* uint64_t */
    DURATION,   /* uint64_t, milliseconds */
    REAL,       /* double */
    TEXT,       /* const char *, of argv */
    CALL,       /* a function reads it */
};

typedef bool option_reader(struct load_options *options, const char *text, const char **why);

static option_reader set_target, set_account, set_bind, set_retry, set_parts, set_concat,
    set_parts_over, set_max_gap, set_deliver_status, set_help, set_version;

static const struct row {
    const char *title;      /* of the group that begins here; else an option */
    char letter;
    const char *name;
    const char *argument;
    enum option_type type;
    size_t offset;
    option_reader *read;
    const char *help;
} rows[] = {
#define GROUP(title_) {.title = (title_)},
#define OPTION(symbol, letter, name, argument, type, field, help) \
    {NULL, letter, name, argument, type, offsetof(struct load_options, field), NULL, help},
#define SPECIAL(symbol, letter, name, argument, function, help) \
    {NULL, letter, name, argument, CALL, 0, function, help},
#include "tools/load_option.def"
#undef GROUP
#undef OPTION
#undef SPECIAL
};

#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))
#define UNSET UINT64_MAX    /* --messages isn't there */
#define BY_ROW 1000         /* getopt_long's value of row i is BY_ROW + i */

static bool
grow(void **array, size_t n, size_t size, const char **why)
{
    void *grown = reallocarray(*array, n + 1, size);

    *why = "memory is short";
    if (grown == NULL)
        return false;
    *array = grown;
    return true;
}

static bool
set_target(struct load_options *options, const char *text, const char **why)
{
    void *targets = options->targets;

    if (!grow(&targets, options->n_targets, sizeof(options->targets[0]), why))
        return false;
    options->targets = targets;
    options->targets[options->n_targets] = (struct load_target){.text = text};
    return addr_parse(text, "127.0.0.1", &options->targets[options->n_targets++].addr, why);
}

static bool
add_account(struct load_options *options, char *name, const char *password, const char **why)
{
    void *accounts = options->accounts;

    *why = "memory is short";
    if (name == NULL || !grow(&accounts, options->n_accounts, sizeof(options->accounts[0]), why)) {
        free(name);
        return false;
    }
    options->accounts = accounts;
    options->accounts[options->n_accounts++] = (struct load_account){name, password};
    return true;
}

static bool
set_account(struct load_options *options, const char *text, const char **why)
{
    const char *colon = strchr(text, ':');

    *why = "NAME:PASSWORD, a name of up to 15 characters";
    if (colon == NULL || colon == text || colon - text > 15 || strlen(colon) > 64)
        return false;
    return add_account(options, strndup(text, (size_t)(colon - text)), colon + 1, why);
}

static bool
set_bind(struct load_options *options, const char *text, const char **why)
{
    return load_read_bind(text, &options->bind, why);
}

static bool
set_retry(struct load_options *options, const char *text, const char **why)
{
    *why = "a status, RTHROTTLED or 0x58; at most 16 of them";
    return options->n_retry < LOAD_RETRIES_MAX &&
           status_parse(text, &options->retry[options->n_retry++]);
}

static bool
set_parts(struct load_options *options, const char *text, const char **why)
{
    return load_read_parts(text, &options->parts_min, &options->parts_max, why);
}

static bool
set_concat(struct load_options *options, const char *text, const char **why)
{
    return load_read_concat(text, options, why);
}

static bool
set_parts_over(struct load_options *options, const char *text, const char **why)
{
    *why = "one or several";
    options->several = strcmp(text, "several") == 0;
    return options->several || strcmp(text, "one") == 0;
}

static bool
set_max_gap(struct load_options *options, const char *text, const char **why)
{
    options->max_gap = true;
    return text == NULL || load_read_duration(text, &options->max_gap_ms, why);
}

static bool
set_deliver_status(struct load_options *options, const char *text, const char **why)
{
    *why = "at most 16 of them";
    return options->n_answers < LOAD_ANSWERS_MAX &&
           load_read_answer(text, &options->answers[options->n_answers++], why);
}

static void
print_option(const struct row *row)
{
    char left[64], letter[8] = "    ";

    if (row->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    if (row->argument == NULL)
        snprintf(left, sizeof(left), "%s--%s", letter, row->name);
    else if (row->argument[0] == '[')
        snprintf(left, sizeof(left), "%s--%s[=%s", letter, row->name, row->argument + 1);
    else
        snprintf(left, sizeof(left), "%s--%s %s", letter, row->name, row->argument);
    printf("  %-33s", left);
    if (strlen(left) > 32)
        printf("\n%-35s", "");
    printf(" %s\n", row->help);
}

static bool
set_help(struct load_options *options, const char *text, const char **why)
{
    int i;

    (void)options;
    (void)text;
    *why = NULL;
    printf("usage: smppload --target ADDR [options]\n"
           "Sends messages over SMPP and says what became of them.\n");
    for (i = 0; i < ROWS; i++)
        if (rows[i].title != NULL)
            printf("\n%s:\n", rows[i].title);
        else
            print_option(&rows[i]);
    printf("\nExit status: 0 every message was accepted, 1 something was refused, missing,\n"
           "duplicate or unexpected, 2 the command line is wrong.\n");
    return false;
}

static bool
set_version(struct load_options *options, const char *text, const char **why)
{
    (void)options;
    (void)text;
    *why = NULL;
    printf("smppload %s\n", PACKAGE_VERSION);
    return false;
}

static bool
set(struct load_options *options, const struct row *row, const char *text, const char **why)
{
    void *field = (char *)options + row->offset;

    switch (row->type) {
    case FLAG:
        *(bool *)field = true;
        return true;
    case COUNT:
        return load_read_count(text, field, why);
    case DURATION:
        return load_read_duration(text, field, why);
    case REAL:
        return load_read_real(text, field, why);
    case TEXT:
        *(const char **)field = text;
        return true;
    case CALL:
        return row->read(options, text, why);
    }
    return false;
}

static int
argument_kind(const struct row *row)
{
    if (row->argument == NULL)
        return no_argument;
    return row->argument[0] == '[' ? optional_argument : required_argument;
}

/* getopt's tables: `longs` has ROWS + 1 places, `shorts` three for each row. */
static void
make_tables(struct option *longs, char *shorts)
{
    int i;

    for (i = 0; i < ROWS; i++) {
        if (rows[i].title != NULL)
            continue;
        *longs++ = (struct option){rows[i].name, argument_kind(&rows[i]), NULL, BY_ROW + i};
        if (rows[i].letter != 0)
            *shorts++ = rows[i].letter;
        if (rows[i].letter != 0 && rows[i].argument != NULL)
            *shorts++ = ':';
    }
    *longs = (struct option){NULL, 0, NULL, 0};
    *shorts = '\0';
}

static const struct row *
row_of(int value)
{
    int i;

    if (value >= BY_ROW)
        return &rows[value - BY_ROW];
    for (i = 0; i < ROWS; i++)
        if (rows[i].letter != 0 && rows[i].letter == value)
            return &rows[i];
    return NULL;
}

static void
set_defaults(struct load_options *options)
{
    *options = (struct load_options){
        .password = "load", .connections = 1, .generated_accounts = 1, .sequence_start = 1,
        .messages = UNSET, .window = 10, .size = 40, .source = "smppload",
        .destination = "46700000000", .destinations = 1000, .parts_min = 2,
        .parts_max = 10, .kinds = {CONCAT_UDH8}, .n_kinds = 1, .receipt_wait_ms = 10000,
        .enquire_link_ms = 30000, .timeout_ms = 30000,
    };
}

/* What follows from the other options. */
static bool
complete(struct load_options *options, const char **why)
{
    uint64_t i;
    char *name;

    *why = "--accounts is from 1 to 10000";
    if (options->generated_accounts < 1 || options->generated_accounts > 10000)
        return false;
    for (i = 0; options->n_accounts <= i && i < options->generated_accounts; i++) {
        if (asprintf(&name, "load%llu", (unsigned long long)i) == -1)
            name = NULL;
        if (!add_account(options, name, options->password, why))
            return false;
    }
    if (options->connections < options->n_accounts)
        options->connections = options->n_accounts;
    if (options->messages == UNSET && options->duration_ms == 0)
        options->messages = 10000;
    if (options->bind == LOAD_BIND_RX)
        options->messages = 0;
    return load_options_check(options, why) && load_tls_init(options, why);
}

static enum load_start
complain(const char *name, const char *value, const char *why)
{
    if (name == NULL)
        fprintf(stderr, "smppload: %s\n", why);
    else
        fprintf(stderr, "smppload: --%s %s: %s\n", name, value == NULL ? "" : value, why);
    fprintf(stderr, "smppload: --help says more\n");
    return LOAD_START_USAGE;
}

enum load_start
load_options_read(struct load_options *options, int argc, char *argv[])
{
    struct option longs[ROWS + 1];
    char shorts[3 * ROWS];
    const struct row *row;
    const char *why;
    int value;

    set_defaults(options);
    make_tables(longs, shorts);
    while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        row = row_of(value);
        if (row == NULL)
            return LOAD_START_USAGE;
        if (set(options, row, optarg, &why))
            continue;
        return why == NULL ? LOAD_START_DONE : complain(row->name, optarg, why);
    }
    if (optind < argc)
        return complain(NULL, NULL, "there is an argument too many");
    if (!complete(options, &why))
        return complain(NULL, NULL, why);
    return LOAD_START_RUN;
}

void
load_options_free(struct load_options *options)
{
    size_t i;

    for (i = 0; i < options->n_accounts; i++)
        free((char *)options->accounts[i].name);
    free(options->accounts);
    load_tls_fini(options);
    free(options->targets);
}
