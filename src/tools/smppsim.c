/* SPDX-License-Identifier: ISC */
/*
 * smppsim: one or several simulated gateway nodes in one process and one
 * thread. Here is what makes the program of its parts: start, ready file,
 * signals, end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/conn.h"
#include "tools/sim_node.h"

#define EXIT_USAGE 2

static bool
failed(const char *what, const char *name)
{
    fprintf(stderr, "smppsim: %s %s: %s\n", what, name, strerror(errno));
    return false;
}

static bool
open_nodes(struct sim *sim)
{
    const struct sim_node_options *options;
    struct sim_node **last = &sim->nodes, *node;
    char text[ADDR_TEXT_SIZE];

    for (options = sim->options.nodes; options != NULL; options = options->next) {
        node = calloc(1, sizeof(*node));
        if (node == NULL)
            return failed("node", options->name);
        *last = node;
        last = &node->next;
        if (!sim_node_open(node, sim, options))
            return failed("cannot listen on", addr_format(&options->addr, text));
    }
    return true;
}

static bool
write_ready(FILE *file, const struct sim *sim)
{
    const struct sim_node *node;
    char text[ADDR_TEXT_SIZE];

    for (node = sim->nodes; node != NULL; node = node->next) {
        fprintf(file, "%s %s\n", node->options->name, addr_format(&node->addr, text));
        if (node->options->has_http)
            fprintf(file, "%s.http %s\n", node->options->name,
                    addr_format(&node->http.addr, text));
    }
    if (sim->options.has_control)
        fprintf(file, "control %s\n", addr_format(&sim->control.addr, text));
    return !ferror(file);
}

/* Under another name first: who waits for the file never sees half of it. */
static bool
publish(const struct sim *sim)
{
    const char *path = sim->options.ready_file;
    char *spare;
    FILE *file;
    bool done;

    if (path == NULL)
        return true;
    if (asprintf(&spare, "%s.new", path) == -1)
        return failed("ready file", path);
    file = fopen(spare, "we");
    done = file != NULL && write_ready(file, sim);
    if (file != NULL && fclose(file) != 0)
        done = false;
    done = done && rename(spare, path) == 0;
    free(spare);
    return done || failed("ready file", path);
}

static void
on_signal(struct ev_loop *ev, ev_signal *watcher, int revents)
{
    (void)ev;
    (void)revents;
    loop_stop(watcher->data);
}

static void
watch_signal(struct sim *sim, ev_signal *watcher, int number)
{
    ev_signal_init(watcher, on_signal, number);
    watcher->data = &sim->loop;
    ev_signal_start(sim->loop.ev, watcher);
}

static bool
start(struct sim *sim)
{
    const struct sim_options *options = &sim->options;

    sim_events_init(&sim->events, &sim->loop);
    /* xorshift needs bits to start from, and they must not be all zero. */
    sim->random = (options->seed + 1) * 0x9E3779B97F4A7C15ULL | 1;
    watch_signal(sim, &sim->on_term, SIGTERM);
    watch_signal(sim, &sim->on_int, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (!sim_log_open(&sim->log, options->log, options->log_text))
        return failed("log", options->log);
    if (!open_nodes(sim))
        return false;
    if (options->has_control && !sim_control_open(&sim->control, sim, &options->control))
        return failed("cannot listen for", "control");
    return publish(sim);
}

static void
stop(struct sim *sim)
{
    struct sim_node *node;

    conn_flush_dirty(&sim->loop);   /* the answers of the last batch */
    sim_events_fini(&sim->events);
    sim_control_close(&sim->control);
    for (node = sim->nodes; node != NULL; node = node->next)
        sim_node_close(node);
    sim_log_close(&sim->log);
    loop_fini(&sim->loop);
    while ((node = sim->nodes) != NULL) {
        sim->nodes = node->next;
        free(node);
    }
    free(sim->sessions);
}

int
main(int argc, char **argv)
{
    struct sim sim = {.log.fd = -1};
    bool started;

    switch (sim_options_parse(&sim.options, argc, argv)) {
    case SIM_USAGE_RUN:
        break;
    case SIM_USAGE_SHOWN:
        sim_options_free(&sim.options);
        return EXIT_SUCCESS;
    case SIM_USAGE_WRONG:
        sim_options_free(&sim.options);
        return EXIT_USAGE;
    }
    if (!log_open("smppsim", "stderr") || !loop_init(&sim.loop)) {
        failed("cannot", "start");
        return EXIT_FAILURE;
    }
    started = start(&sim);
    if (started)
        loop_run(&sim.loop);
    stop(&sim);
    sim_options_free(&sim.options);
    log_close();
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
