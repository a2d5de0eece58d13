/* SPDX-License-Identifier: ISC */
/* smppload: sends messages over SMPP as an ESME and says what became of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/load_report.h"
#include "tools/load_run.h"

enum {
    EXIT_GOOD = 0,
    EXIT_BAD = 1,
    EXIT_USAGE = 2,
};

static int
report(const struct load_run *run)
{
    if (run->out_of_memory)
        fprintf(stderr, "smppload: memory was short\n");
    if (!run->options->quiet && !run->options->json)
        load_report_print(run);
    if (run->options->json && !load_report_print_json(run))
        return EXIT_BAD;
    if (fflush(stdout) != 0 || (run->log != NULL && fflush(run->log) != 0)) {
        fprintf(stderr, "smppload: can't write: %s\n", strerror(errno));
        return EXIT_BAD;
    }
    return load_report_is_good(run) ? EXIT_GOOD : EXIT_BAD;
}

static int
run(const struct load_options *options)
{
    struct load_run *load = malloc(sizeof(*load));
    int status = EXIT_BAD;

    if (load == NULL) {
        fprintf(stderr, "smppload: memory is short\n");
        return EXIT_BAD;
    }
    if (load_run_init(load, options)) {
        load_run_go(load);
        status = report(load);
    } else {
        fprintf(stderr, "smppload: can't start: %s\n", strerror(errno));
    }
    load_run_fini(load);
    free(load);
    return status;
}

int
main(int argc, char *argv[])
{
    struct load_options options;
    int status = EXIT_USAGE;

    switch (load_options_read(&options, argc, argv)) {
    case LOAD_START_RUN:
        status = run(&options);
        break;
    case LOAD_START_DONE:
        status = EXIT_GOOD;
        break;
    case LOAD_START_USAGE:
        break;
    }
    load_options_free(&options);
    return status;
}
