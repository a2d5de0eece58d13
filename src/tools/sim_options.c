/* SPDX-License-Identifier: ISC */
/*
 * Reads the command line: the whole of it, or a word on stderr about what is
 * wrong with it. What a node does is one table of keys, sim_node_keys.c.
 */
#include "tools/sim_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"
#include "tools/sim_node_keys.h"

#define LOG_TEXT_DEFAULT 32
#define LOG_TEXT_MAX 4096

static const char help[] =
    "Usage: smppsim -n NAME=ADDR[,KEY=VALUE...] [-n ...] [OPTION...]\n"
    "Simulates SMPP gateway nodes, one for each -n, all in one process.\n"
    "\n"
    "  -n, --node NAME=ADDR[,...]  a node; ADDR is HOST:PORT, PORT (on 127.0.0.1; 0: any),\n"
    "                              [IPV6]:PORT or unix:PATH\n"
    "  -c, --control ADDR          take commands there: NODE COMMAND [ARG]\n"
    "  -r, --ready-file FILE       written once all listen: NAME ADDR lines\n"
    "  -l, --log FILE              a line for each message taken; - is stdout\n"
    "      --log-text N            octets of text in such a line (32)\n"
    "      --seed N                makes what is random come again\n"
    "  -h, --help                  this\n"
    "  -V, --version               the version\n"
    "\n"
    "Keys of a node:\n"
    "  latency=5ms|exp:20ms        before a message is answered (0)\n"
    "  accounts=USER:PASSWORD;...  who may bind (anybody)\n"
    "  max-binds=N                 sessions of one account\n"
    "  bind-status=STATUS          refuse all binds\n"
    "  window=N                    throttle above N unanswered messages of a session\n"
    "  error=STATUS:10%            refuse this share of messages (may be given again)\n"
    "  ids=counter|hex|decimal10|prefix:DIGITS\n"
    "  receipts=on|off|asked  receipt-delay=1s  receipt-form=text|tlv|both\n"
    "  mo=RATE  mo-long=10%  mo-window=100    messages a second to each receiver\n"
    "  enquire-link=30s            ask the clients that often\n"
    "  echo=on                     answer unknown requests with their own body\n"
    "  http=ADDR  http-auth=USER:PASSWORD   an administration port\n"
    "  tls-certificate=FILE        speak TLS with this certificate\n"
    "  tls-key=FILE                its key (in the same file)\n"
    "  tls-ca=FILE                 let in clients with a certificate of these CAs alone\n"
    "\n"
    "Commands on the control socket are in smppsim(1).\n";

enum { OPT_LOG_TEXT = 256, OPT_SEED };

static const struct option long_options[] = {
    {"node", required_argument, NULL, 'n'},
    {"control", required_argument, NULL, 'c'},
    {"ready-file", required_argument, NULL, 'r'},
    {"log", required_argument, NULL, 'l'},
    {"log-text", required_argument, NULL, OPT_LOG_TEXT},
    {"seed", required_argument, NULL, OPT_SEED},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool
wrong(const char *what, const char *text, const char *why)
{
    fprintf(stderr, "smppsim: %s \"%s\": %s\n", what, text, why);
    return false;
}

static bool
add_node(struct sim_options *options, char *text)
{
    struct sim_node_options **last = &options->nodes, *node, *other;
    const char *what, *why;

    node = calloc(1, sizeof(*node));
    if (node == NULL)
        return wrong("--node", text, "out of memory");
    while (*last != NULL)
        last = &(*last)->next;
    *last = node;
    if (!sim_node_keys_parse(node, text, &what, &why))
        return wrong("--node", what, why);
    for (other = options->nodes; other != node; other = other->next)
        if (strcmp(other->name, node->name) == 0)
            return wrong("--node", node->name, "another node has this name");
    return true;
}

static bool
take_number(const char *option, const char *text, uint64_t max, uint64_t *number)
{
    return sim_number_parse(text, max, number) || wrong(option, text, "not a number in range");
}

static bool
take_control(struct sim_options *options, const char *text)
{
    const char *why;

    options->has_control = true;
    return addr_parse(text, "127.0.0.1", &options->control, &why) ||
           wrong("--control", text, why);
}

/* False: said on stderr. */
static bool
take_option(struct sim_options *options, int option, char *arg)
{
    uint64_t number;

    switch (option) {
    case 'n':
        return add_node(options, arg);
    case 'c':
        return take_control(options, arg);
    case 'r':
        options->ready_file = arg;
        return true;
    case 'l':
        options->log = arg;
        return true;
    case OPT_LOG_TEXT:
        if (!take_number("--log-text", arg, LOG_TEXT_MAX, &number))
            return false;
        options->log_text = (size_t)number;
        return true;
    case OPT_SEED:
        return take_number("--seed", arg, UINT64_MAX, &options->seed);
    default:
        fputs("smppsim --help tells the options\n", stderr);
        return false;
    }
}

enum sim_usage
sim_options_parse(struct sim_options *options, int argc, char **argv)
{
    int option;

    *options = (struct sim_options){.log_text = LOG_TEXT_DEFAULT, .seed = (uint64_t)time(NULL)};
    while ((option = getopt_long(argc, argv, "n:c:r:l:hV", long_options, NULL)) != -1) {
        if (option == 'h' || option == 'V') {
            fputs(option == 'h' ? help : "smppsim " PACKAGE_VERSION "\n", stdout);
            return SIM_USAGE_SHOWN;
        }
        if (!take_option(options, option, optarg))
            return SIM_USAGE_WRONG;
    }
    if (optind < argc) {
        wrong("argument", argv[optind], "a node is given with -n NAME=ADDR");
        return SIM_USAGE_WRONG;
    }
    if (options->nodes == NULL) {
        fputs("smppsim: no node; try smppsim -n a=2775, or --help\n", stderr);
        return SIM_USAGE_WRONG;
    }
    return SIM_USAGE_RUN;
}

void
sim_options_free(struct sim_options *options)
{
    struct sim_node_options *node;
    struct sim_login *login;

    while ((node = options->nodes) != NULL) {
        options->nodes = node->next;
        while ((login = node->logins) != NULL) {
            node->logins = login->next;
            free(login);
        }
        free(node);
    }
}
