/* SPDX-License-Identifier: ISC */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static const char usage[] =
    "Usage: smpplex -c FILE [-t | -T]\n"
    "       smpplex --listen [ADDR:]PORT --node [ADDR:]PORT [--node …] [--status [ADDR:]PORT]\n"
    "\n"
    "Balances the messages of SMPP clients over a farm of gateway nodes.\n"
    "\n"
    "  -c, --config FILE       the configuration, see smpplex.conf(5)\n"
    "  -t, --check             check the configuration and exit\n"
    "  -T, --print             print the effective configuration and exit\n"
    "  -l, --listen ADDR:PORT  accept clients here (without a file; may be repeated)\n"
    "  -n, --node ADDR:PORT    a node of the farm (without a file; may be repeated)\n"
    "  -s, --status ADDR:PORT  the status endpoint, in HTTP (without a file)\n"
    "      --log TARGET        stderr, syslog or file:PATH, instead of the configuration's\n"
    "      --log-level LEVEL   error, warning, notice, info, debug or trace\n"
    "      --ready-file FILE   write the bound addresses there once clients are accepted\n"
    "  -V, --version           print the version and exit\n"
    "  -h, --help              print this and exit\n"
    "\n"
    "SIGTERM ends it when what is open is answered, a second one at once.\n"
    "SIGHUP opens the log file anew and takes what has changed in the configuration;\n"
    "SIGUSR1 logs all counters.\n";

enum { OPT_LOG = 256, OPT_LOG_LEVEL, OPT_READY_FILE };

static const struct option table[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, 't'},
    {"print", no_argument, NULL, 'T'},
    {"listen", required_argument, NULL, 'l'},
    {"node", required_argument, NULL, 'n'},
    {"status", required_argument, NULL, 's'},
    {"log", required_argument, NULL, OPT_LOG},
    {"log-level", required_argument, NULL, OPT_LOG_LEVEL},
    {"ready-file", required_argument, NULL, OPT_READY_FILE},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static _Noreturn void
mistake(const char *words)
{
    fprintf(stderr, "smpplex: %s; see smpplex --help\n", words);
    exit(2);
}

static void
append(const char **list, const char *text)
{
    while (*list != NULL)
        list++;
    *list = text;
}

static void
take(struct options *options, int c)
{
    switch (c) {
    case 'c':
        options->config = optarg;
        break;
    case 't':
        options->check = true;
        break;
    case 'T':
        options->print = true;
        break;
    case 'l':
        append(options->listen, optarg);
        break;
    case 'n':
        append(options->node, optarg);
        break;
    case 's':
        options->status = optarg;
        break;
    case OPT_LOG:
        options->log = optarg;
        break;
    case OPT_LOG_LEVEL:
        options->log_level = optarg;
        break;
    case OPT_READY_FILE:
        options->ready_file = optarg;
        break;
    case 'V':
        puts(PACKAGE_STRING);
        exit(0);
    case 'h':
        fputs(usage, stdout);
        exit(0);
    default:
        fputs("smpplex: see smpplex --help\n", stderr);
        exit(2);
    }
}

void
options_parse(struct options *options, int argc, char **argv)
{
    bool without_file;
    int c;

    memset(options, 0, sizeof(*options));
    options->listen = calloc((size_t)argc + 1, sizeof(*options->listen));
    options->node = calloc((size_t)argc + 1, sizeof(*options->node));
    if (options->listen == NULL || options->node == NULL)
        mistake("out of memory");
    while ((c = getopt_long(argc, argv, "c:tTl:n:s:Vh", table, NULL)) != -1)
        take(options, c);
    without_file = options->listen[0] != NULL || options->node[0] != NULL ||
                   options->status != NULL;
    if (optind < argc)
        mistake("there is an argument too many");
    if (options->config == NULL && !without_file)
        mistake("either -c FILE or --listen and --node are needed");
    if (options->config != NULL && without_file)
        mistake("--listen, --node and --status are for use without -c FILE");
}

void
options_fini(struct options *options)
{
    free(options->listen);
    free(options->node);
}
