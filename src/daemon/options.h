/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

/* What the command line says. The texts are argv's. */
struct options {
    const char *config;         /* NULL: the form without a file */
    const char **listen;        /* NULL at the end */
    const char **node;
    const char *status;
    const char *log;            /* NULL: as the configuration says */
    const char *log_level;
    const char *ready_file;
    bool check;                 /* -t */
    bool print;                 /* -T */
};

/* Reads argv. What --help and --version ask for, and mistakes, are told here and
 * end the process (0 or 2). */
void
options_parse(struct options *options, int argc, char **argv);

void
options_fini(struct options *options);

#endif
