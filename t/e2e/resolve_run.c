/* SPDX-License-Identifier: ISC */
/*
 * Looks host names up and prints what comes of it, COUNT lines:
 *
 *     resolve_run SERVER COUNT INTERVAL_MS HOST…
 *
 * A line is HOST ADDR COUNT CHANGED ERROR, with - for what there isn't. SERVER -
 * is the system's. HOST ! closes the name before it at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve.h"

#define PORT 2775

static struct loop loop;
static unsigned long left;

static void
die(const char *what)
{
    fprintf(stderr, "resolve_run: %s\n", what);
    exit(1);
}

static void
on_result(struct resolve *resolve, const struct resolve_result *result)
{
    char text[ADDR_TEXT_SIZE];

    if (left == 0)
        return;
    printf("%s %s %zu %s %s\n", resolve_host(resolve),
           result->addr != NULL ? addr_format(result->addr, text) : "-", result->count,
           result->changed ? "changed" : "same", result->error != NULL ? result->error : "-");
    fflush(stdout);
    if (--left == 0)
        loop_stop(&loop);
}

int
main(int argc, char **argv)
{
    struct resolve *names[64] = {NULL};
    struct resolver *resolver;
    const char *why;
    int i;

    if (argc < 5 || argc > 60 || !loop_init(&loop))
        die("resolve_run SERVER COUNT INTERVAL_MS HOST...");
    resolver = resolver_open(&loop, strcmp(argv[1], "-") == 0 ? "" : argv[1], &why);
    if (resolver == NULL)
        die(why);
    left = strtoul(argv[2], NULL, 10);
    for (i = 4; i < argc; i++) {
        if (strcmp(argv[i], "!") == 0) {
            resolve_close(names[i - 1]);
            names[i - 1] = NULL;
            continue;
        }
        names[i] = resolve_open(resolver, argv[i], PORT, strtoul(argv[3], NULL, 10), on_result,
                                NULL);
        if (names[i] == NULL)
            die("no memory");
    }
    loop_run(&loop);
    for (i = 4; i < argc; i++)
        resolve_close(names[i]);
    resolver_close(resolver);
    loop_fini(&loop);
    return 0;
}
