/* SPDX-License-Identifier: ISC */
/*
 * Runs the checks of a configuration's nodes and prints how each probe ends:
 *
 *     check_run FILE COUNT [PACE]    NODE OUTCOME VERDICT MICROSECONDS DETAIL, COUNT lines
 *     check_run FILE SECONDSs        OUTCOME NUMBER lines, then what it cost
 *
 * PACE is steady (default), fast or down. Lines on stdin:
 *     hurry NODE         check_hurry
 *     address NODE ADDR  check_put_address; ADDR - is none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check/probe.h"

#define CHECKS_MAX 4096

struct run {
    struct loop loop;
    struct conf *conf;
    struct check *checks[CHECKS_MAX];
    size_t count;
    unsigned long left;         /* results to print; 0: seconds are counted */
    enum check_pace pace;
    unsigned long outcomes[CHECK_OUTCOMES];
    ev_io input;
    ev_timer end;
    ev_timer parting;
};

static struct run run;

static const char *const verdicts[] = {"success", "failure", "none"};

static void
die(const char *what)
{
    fprintf(stderr, "check_run: %s\n", what);
    exit(1);
}

static void
on_result(struct check *check, const struct check_result *result)
{
    const struct conf_node *node = check_owner(check);

    check_set_pace(check, run.pace);
    run.outcomes[result->outcome]++;
    if (run.left == 0)
        return;
    printf("%s %s %s %lu %s\n", node->name, check_outcome_name(result->outcome),
           verdicts[check_verdict(result->outcome)], (unsigned long)result->duration_us,
           result->detail);
    fflush(stdout);
    if (--run.left == 0)
        ev_timer_start(run.loop.ev, &run.parting);
}

/* The last probe may still be parting from its node. */
static void
on_parting(struct ev_loop *ev, ev_timer *timer, int revents)
{
    size_t i;

    (void)ev;
    (void)timer;
    (void)revents;
    for (i = 0; i < run.count; i++)
        if (run.checks[i]->conn.state != CONN_CLOSED && !run.checks[i]->probing)
            return;
    loop_stop(&run.loop);
}

static const struct check_ops ops = {on_result};

static size_t
count_checks(void)
{
    const struct conf_farm *farm = run.conf->farms;
    size_t i, n, all = 0;

    for (i = 0; i < farm->node_count; i++) {
        (void)conf_node_checks(farm, &farm->nodes[i], &n);
        all += n;
    }
    return all;
}

static void
open_checks(void)
{
    const struct conf_farm *farm = run.conf->farms;
    const struct conf_check *confs;
    size_t i, k, n, all = count_checks();

    if (all > CHECKS_MAX)
        die("too many checks");
    for (i = 0; i < farm->node_count; i++) {
        confs = conf_node_checks(farm, &farm->nodes[i], &n);
        for (k = 0; k < n; k++, run.count++) {
            struct check_options options = {
                .conf = &confs[k], .node = &farm->nodes[i].addr, .ops = &ops,
                .owner = &farm->nodes[i], .place = run.count, .count = all,
            };

            run.checks[run.count] = check_open(&run.loop, &options);
            if (run.checks[run.count] == NULL)
                die("no memory");
        }
    }
}

static void
obey(struct check *check, const char *command, const char *argument)
{
    struct addr addr;
    const char *why;

    if (strcmp(command, "hurry") == 0)
        check_hurry(check);
    else if (strcmp(argument, "-") == 0)
        check_put_address(check, NULL);
    else if (addr_parse(argument, "127.0.0.1", &addr, &why))
        check_put_address(check, &addr);
    else
        die(why);
}

static void
on_line(char *line)
{
    char command[16] = "", name[64] = "", argument[128] = "";
    size_t i;

    if (sscanf(line, "%15s %63s %127s", command, name, argument) < 2)
        die("what?");
    for (i = 0; i < run.count; i++)
        if (strcmp(((struct conf_node *)check_owner(run.checks[i]))->name, name) == 0)
            obey(run.checks[i], command, argument);
}

static void
on_input(struct ev_loop *ev, ev_io *io, int revents)
{
    char text[1024], *rest = text, *line;
    ssize_t n = read(STDIN_FILENO, text, sizeof(text) - 1);

    (void)revents;
    if (n <= 0) {
        ev_io_stop(ev, io);
        return;
    }
    text[n] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line != '\0')
            on_line(line);
}

static void
on_end(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)timer;
    (void)revents;
    loop_stop(&run.loop);
}

static void
print_cost(double seconds)
{
    struct rusage usage;
    double cpu, user;
    size_t i;

    getrusage(RUSAGE_SELF, &usage);
    cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
          (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    for (i = 0; i < CHECK_OUTCOMES; i++)
        if (run.outcomes[i] > 0)
            printf("%s %lu\n", check_outcome_name((enum check_outcome)i), run.outcomes[i]);
    printf("checks %zu\ncpu_percent %.2f\nuser_percent %.2f\nslab_octets %zu\n", run.count,
           100 * cpu / seconds, 100 * user / seconds, run.loop.slab.used);
}

static void
close_checks(void)
{
    size_t i;

    for (i = 0; i < run.count; i++)
        check_close(run.checks[i]);
}

static void
set_pace(const char *name)
{
    if (strcmp(name, "fast") == 0)
        run.pace = CHECK_PACE_FAST;
    else if (strcmp(name, "down") == 0)
        run.pace = CHECK_PACE_DOWN;
}

int
main(int argc, char **argv)
{
    char error[CONF_ERROR_SIZE], *unit;
    unsigned long number;

    if (argc < 3)
        die("check_run FILE COUNT|SECONDSs [PACE]");
    run.conf = conf_read(argv[1], error);
    if (run.conf == NULL)
        die(error);
    if (!loop_init(&run.loop))
        die("no loop");
    number = strtoul(argv[2], &unit, 10);
    ev_timer_init(&run.parting, on_parting, 0., 0.005);
    ev_timer_init(&run.end, on_end, (double)number, 0.);
    if (*unit == 's')
        ev_timer_start(run.loop.ev, &run.end);
    else
        run.left = number;
    set_pace(argc > 3 ? argv[3] : "steady");
    open_checks();
    ev_io_init(&run.input, on_input, STDIN_FILENO, EV_READ);
    ev_io_start(run.loop.ev, &run.input);
    loop_run(&run.loop);
    if (*unit == 's')
        print_cost((double)number);
    close_checks();
    loop_fini(&run.loop);
    conf_unref(run.conf);
    return 0;
}
