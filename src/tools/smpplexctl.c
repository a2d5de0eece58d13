/* SPDX-License-Identifier: ISC */
/* smpplexctl: asks a running smpplex how it is, and tells it what to do. */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "tools/ctl.h"

static const struct {
    const char *name;
    enum ctl_exit (*run)(struct ctl *ctl);
    int args;
    const char *args_help;
    const char *help;
} commands[] = {
#define CTL_COMMAND(name, function, args, args_help, help) {name, function, args, args_help, help},
#include "tools/ctl_command.def"
#undef CTL_COMMAND
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char options_help[] =
    "\n"
    "  -s, --server WHERE     a unix socket's path (" CTL_SOCKET "), ADDR:PORT,\n"
    "                         or https://ADDR:PORT for TLS\n"
    "      --ca FILE          whose certificates are good with TLS; by default the system's\n"
    "      --cert FILE        our own, where smpplex asks for one\n"
    "      --key FILE         its private key; by default in the same file\n"
    "      --token-file FILE  what orders to ADDR:PORT need\n"
    "  -j, --json             answers as smpplex gives them\n"
    "  -F, --farm FARM        only this farm's nodes\n"
    "  -a, --account ID       only this account's sessions\n"
    "  -n, --limit N          at most so many rows of sessions and accounts\n"
    "      --offset N         behind so many\n"
    "  -f, --follow           wait for further events\n"
    "  -i, --interval S       of top, in seconds (1)\n"
    "      --node NODE        trace only what concerns this node\n"
    "      --text             trace the text of messages, too\n"
    "      --enquire          trace enquire_links, too\n"
    "      --count N          end the trace after so many PDUs\n"
    "      --seconds S        end the trace after so long\n"
    "  -V, --version          print the version and exit\n"
    "  -h, --help             print this and exit\n"
    "\n"
    "A NODE is FARM/NODE, or NODE where that is the only one. Exit status: 0 done, 1 refused,\n"
    "2 wrong usage, 3 smpplex cannot be reached, 4 (status) a farm has no node that is up.\n";

enum {
    OPT_TOKEN_FILE = 256, OPT_OFFSET, OPT_CA, OPT_CERT, OPT_KEY, OPT_NODE, OPT_TEXT, OPT_ENQUIRE,
    OPT_COUNT, OPT_SECONDS,
};

static const struct option table[] = {
    {"server", required_argument, NULL, 's'},
    {"ca", required_argument, NULL, OPT_CA},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
    {"json", no_argument, NULL, 'j'},
    {"farm", required_argument, NULL, 'F'},
    {"account", required_argument, NULL, 'a'},
    {"limit", required_argument, NULL, 'n'},
    {"offset", required_argument, NULL, OPT_OFFSET},
    {"follow", no_argument, NULL, 'f'},
    {"interval", required_argument, NULL, 'i'},
    {"node", required_argument, NULL, OPT_NODE},
    {"text", no_argument, NULL, OPT_TEXT},
    {"enquire", no_argument, NULL, OPT_ENQUIRE},
    {"count", required_argument, NULL, OPT_COUNT},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

enum ctl_exit
ctl_complain(enum ctl_exit end, const char *format, ...)
{
    va_list args;

    fputs("smpplexctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    putc('\n', stderr);
    return end;
}

static _Noreturn void
help(void)
{
    size_t i;

    puts("Usage: smpplexctl [OPTION]... COMMAND [ARGUMENT]...\n");
    for (i = 0; i < COMMANDS; i++)
        printf("  %-9s %-7s  %s\n", commands[i].name, commands[i].args_help, commands[i].help);
    fputs(options_help, stdout);
    exit((int)CTL_DONE);
}

static long
number(const char *text, long max)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > max)
        exit((int)ctl_complain(CTL_USAGE, "%s: a whole number up to %ld is needed", text, max));
    return value;
}

/* Its first line. */
static void
read_token(struct ctl *ctl, const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL || fgets(ctl->token, sizeof(ctl->token), file) == NULL)
        exit((int)ctl_complain(CTL_USAGE, "%s: cannot read a token: %m", path));
    ctl->token[strcspn(ctl->token, "\r\n")] = '\0';
    fclose(file);
}

static unsigned
seconds_ms(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds >= 0.1 && seconds <= 3600))
        exit((int)ctl_complain(CTL_USAGE, "%s: an interval is 0.1 to 3600 seconds", text));
    return (unsigned)(seconds * 1000);
}

static void
take_of_trace(struct ctl *ctl, int c)
{
    switch (c) {
    case OPT_NODE:
        ctl->node = optarg;
        break;
    case OPT_TEXT:
        ctl->text = true;
        break;
    case OPT_ENQUIRE:
        ctl->enquire = true;
        break;
    case OPT_COUNT:
        ctl->count = number(optarg, 1000000000);
        break;
    case OPT_SECONDS:
        ctl->seconds = number(optarg, 1000000000);
        break;
    default:
        exit((int)ctl_complain(CTL_USAGE, "see smpplexctl --help"));
    }
}

static void
take(struct ctl *ctl, int c)
{
    switch (c) {
    case 's':
        ctl->server = optarg;
        break;
    case OPT_CA:
        ctl->ca = optarg;
        break;
    case OPT_CERT:
        ctl->cert = optarg;
        break;
    case OPT_KEY:
        ctl->key = optarg;
        break;
    case OPT_TOKEN_FILE:
        read_token(ctl, optarg);
        break;
    case 'j':
        ctl->json = true;
        break;
    case 'F':
        ctl->farm = optarg;
        break;
    case 'a':
        ctl->account = optarg;
        break;
    case 'n':
        ctl->limit = number(optarg, 1000000000);
        break;
    case OPT_OFFSET:
        ctl->offset = number(optarg, 1000000000);
        break;
    case 'f':
        ctl->follow = true;
        break;
    case 'i':
        ctl->interval_ms = seconds_ms(optarg);
        break;
    case 'V':
        puts("smpplexctl " PACKAGE_VERSION);
        exit((int)CTL_DONE);
    case 'h':
        help();
    default:
        take_of_trace(ctl, c);
    }
}

static const char *
text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* There is no way not to verify: a token is for nobody but smpplex. */
static void
make_tls(struct ctl *ctl, const char *address)
{
    const struct tls_settings settings = {
        .certificate = text_or_empty(ctl->cert), .key = text_or_empty(ctl->key),
        .ca = text_or_empty(ctl->ca), .crl = "", .ciphers = "",
        .verify = TLS_VERIFY_REQUIRED, .min_version = TLS_VERSION_1_2,
    };
    char host[ADDR_HOST_SIZE];
    struct tls_error error;

    signal(SIGPIPE, SIG_IGN);   /* OpenSSL writes so that it would end us */
    ctl->tls = tls_client_new(&settings, addr_host(address, "127.0.0.1", host), &error);
    if (ctl->tls == NULL)
        exit((int)ctl_complain(CTL_USAGE, "%s: %s",
                               strcmp(error.keyword, "certificate") == 0 ? "cert" : error.keyword,
                               error.why));
}

/* "https://name:8443/" is TLS to name:8443. */
static void
find_server(struct ctl *ctl)
{
    bool is_tls = strncmp(ctl->server, "https://", 8) == 0;
    const char *from = ctl->server + (is_tls ? 8 : 0);
    char text[ADDR_TEXT_SIZE * 3];
    const char *why;

    if (strncmp(ctl->server, "http://", 7) == 0)
        from += 7;
    snprintf(text, sizeof(text), "%s%s", from[0] == '/' ? "unix:" : "", from);
    if (from != ctl->server && from[0] != '/')
        text[strcspn(text, "/")] = '\0';
    if (!addr_parse(text, "127.0.0.1", &ctl->addr, &why))
        exit((int)ctl_complain(CTL_USAGE, "%s: %s", ctl->server, why));
    if (!is_tls && (ctl->ca != NULL || ctl->cert != NULL || ctl->key != NULL))
        exit((int)ctl_complain(CTL_USAGE, "--ca, --cert and --key are for https://ADDR:PORT"));
    if (is_tls)
        make_tls(ctl, text);
}

static enum ctl_exit
run(struct ctl *ctl, const char *name, int args)
{
    size_t i;

    for (i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            break;
    if (i == COMMANDS)
        return ctl_complain(CTL_USAGE, "there is no command %s; see smpplexctl --help", name);
    if (args != commands[i].args)
        return ctl_complain(CTL_USAGE, "usage: smpplexctl %s %s", name, commands[i].args_help);
    return commands[i].run(ctl);
}

int
main(int argc, char *argv[])
{
    struct ctl ctl = {.server = CTL_SOCKET, .limit = -1, .offset = -1, .interval_ms = 1000,
                      .count = -1, .seconds = -1};
    const char *no_color = getenv("NO_COLOR");
    enum ctl_exit end;
    int c;

    while ((c = getopt_long(argc, argv, "s:jF:a:n:fi:Vh", table, NULL)) != -1)
        take(&ctl, c);
    if (optind == argc)
        return (int)ctl_complain(CTL_USAGE, "a command is needed; see smpplexctl --help");
    find_server(&ctl);
    ctl.color = isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
    ctl.args = argv + optind + 1;
    end = run(&ctl, argv[optind], argc - optind - 1);
    if ((fflush(stdout) != 0 || ferror(stdout)) && end == CTL_DONE)
        end = ctl_complain(CTL_FAILED, "cannot write: %m");
    tls_client_unref(ctl.tls);
    return (int)end;
}
