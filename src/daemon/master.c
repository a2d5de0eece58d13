/* SPDX-License-Identifier: ISC */
/*
 * The first thread: signals, and the order in which things start and end. It
 * touches no session; what it wants of a worker it mails.
 */
#include "daemon/master.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/activation.h"
#include "daemon/expiry.h"
#include "daemon/node_mail.h"
#include "daemon/nodes.h"
#include "daemon/notify.h"
#include "daemon/privileges.h"
#include "daemon/seccomp.h"
#include "daemon/status.h"
#include "daemon/workers.h"
#include "net/listener.h"

#define EXIT_CONFIG 2

struct master {
    struct conf *conf;          /* a reference */
    const char *path;           /* where it was read, or NULL */
    struct loop loop;
    struct mailbox mailbox;
    struct conf *next;          /* that the workers are about to take, or NULL; a reference */
    bool reload_again;          /* told to meanwhile */
    struct workers workers;
    struct nodes nodes;
    struct status status;
    struct expiry expiry;
    int *fds;                   /* bound; the workers' once they are there */
    ev_signal terminate;
    ev_signal interrupt;
    ev_signal hang_up;
    ev_signal user1;
    ev_timer drain_timer;
    bool draining;
    bool ended;                 /* the loop runs no more; what mail still comes is too late */
};

/* There is one: signals have no owner. */
static struct master master;

static void
on_workers_empty(void)
{
    loop_stop(&master.loop);
}

static void
on_node_signal(size_t farm, size_t node, uint32_t worker, enum node_signal signal)
{
    if (!master.ended)
        nodes_on_signal(&master.nodes, farm, node, worker, signal);
}

static bool
put_status(void *owner, size_t farm, size_t node, const struct node_status *status)
{
    (void)owner;
    return node_mail_status(&master.workers, farm, node, status);
}

static void
on_change(void *owner, const struct node *node, const struct node_change *change)
{
    (void)owner;
    status_event(&master.status, "node", node_label(node), change->from, change->to,
                 change->why);
}

static const struct nodes_ops nodes_ops = {.put_status = put_status, .on_change = on_change};

static void
on_terminate(struct ev_loop *ev, ev_signal *watcher, int revents)
{
    (void)ev;
    (void)revents;
    if (master.draining) {
        log_notice(NULL, "told to end again, ending at once signal=%d", watcher->signum);
        loop_stop(&master.loop);
        return;
    }
    log_notice(NULL, "told to end, waiting for what is open signal=%d drain_timeout_ms=%u",
               watcher->signum, master.conf->drain_timeout_ms);
    master.draining = master.status.info.draining = true;
    status_event(&master.status, "program", "smpplex", "running", "draining", "told to end");
    notify("STOPPING=1");
    workers_drain(&master.workers);
    loop_timer_start(&master.loop, &master.drain_timer, master.conf->drain_timeout_ms);
}

static void
on_drain_timeout(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)timer;
    (void)revents;
    log_warning(NULL, "what is open did not end in time, ending it");
    loop_stop(&master.loop);
}

static void
refuse(struct conf *next, const char *error)
{
    log_error(NULL, "configuration refused, the old one stays error=\"%s\"", error);
    status_event(&master.status, "configuration", "smpplex", "", "refused", error);
    conf_unref(next);
}

static const char *reload(void);

static void
on_followed(bool taken)
{
    struct conf *next = master.next;

    if (master.ended)
        return;
    master.next = NULL;
    if (taken) {
        if (next->log_level != master.conf->log_level)
            log_set_level(next->log_level);
        expiry_watch(&master.expiry, &master.loop, next);
        nodes_follow(&master.nodes, next);
        conf_unref(master.conf);
        master.conf = next;
        log_notice(NULL, "configuration taken");
        status_follow(&master.status, next);
    } else {
        refuse(next, "memory is short");
    }
    status_reloaded(&master.status, taken);
    notify("READY=1");
    if (master.reload_again)
        (void)reload();
}

/* Takes a changed file whole, or not at all. NULL: on_followed will tell; else why it is
 * not done, valid until the next. */
static const char *
reload(void)
{
    static char error[CONF_ERROR_SIZE];
    struct conf *next;

    if (master.draining)
        return "it was told to end";
    if (master.path == NULL)
        return "it runs without a configuration file";
    master.reload_again = master.next != NULL;
    if (master.reload_again)
        return "one is being taken; it will be read once more behind that";
    notify_reloading();
    next = conf_read(master.path, error);
    if (next == NULL || !conf_follow(next, master.conf, error)) {
        refuse(next, error);
        notify("READY=1");
        return error;
    }
    master.next = next;
    workers_follow(&master.workers, next, on_followed);
    return NULL;
}

static void
on_hang_up(struct ev_loop *ev, ev_signal *watcher, int revents)
{
    (void)ev;
    (void)watcher;
    (void)revents;
    if (!log_reopen())
        log_error(NULL, "cannot open the log anew, the old one stays error=\"%s\"",
                  strerror(errno));
    log_notice(NULL, "told to look at log and configuration anew");
    (void)reload();
}

static void
on_user1(struct ev_loop *ev, ev_signal *watcher, int revents)
{
    (void)ev;
    (void)watcher;
    (void)revents;
    workers_log_counters(&master.workers);
}

static void
start_watchers(void)
{
    signal(SIGPIPE, SIG_IGN);
    ev_signal_init(&master.terminate, on_terminate, SIGTERM);
    ev_signal_init(&master.interrupt, on_terminate, SIGINT);
    ev_signal_init(&master.hang_up, on_hang_up, SIGHUP);
    ev_signal_init(&master.user1, on_user1, SIGUSR1);
    ev_signal_start(master.loop.ev, &master.terminate);
    ev_signal_start(master.loop.ev, &master.interrupt);
    ev_signal_start(master.loop.ev, &master.hang_up);
    ev_signal_start(master.loop.ev, &master.user1);
    ev_init(&master.drain_timer, on_drain_timeout);
}

/* Every session needs a descriptor of its own and one for each node. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool
bind_listeners(void)
{
    const struct conf_listener *listener;
    char text[ADDR_TEXT_SIZE];
    struct addr bound;
    size_t i;

    for (i = 0; i < master.conf->listener_count; i++) {
        listener = &master.conf->listeners[i];
        master.fds[i] = activation_take(listener);
        if (master.fds[i] == -1)
            master.fds[i] = listener_bind(&listener->addr);
        if (master.fds[i] == -1) {
            log_error(listener->name, "cannot listen address=%s error=\"%s\"",
                      listener->address, strerror(errno));
            return false;
        }
        bound = listener_address(master.fds[i]);
        log_notice(listener->name, "listening address=%s farm=%s", addr_format(&bound, text),
                   listener->farm->name);
    }
    return true;
}

/* Written under another name and then renamed: whoever sees it sees it whole. */
static bool
write_ready_file(const char *path)
{
    char temporary[4096], text[ADDR_TEXT_SIZE];
    struct addr bound;
    FILE *file;
    size_t i;

    snprintf(temporary, sizeof(temporary), "%s.new", path);
    file = fopen(temporary, "w");
    if (file == NULL)
        goto failed;
    for (i = 0; i < master.conf->listener_count; i++) {
        bound = listener_address(master.fds[i]);
        fprintf(file, "%s %s\n", master.conf->listeners[i].name, addr_format(&bound, text));
    }
    if (master.status.tcp != -1) {
        bound = listener_address(master.status.tcp);
        fprintf(file, "status %s\n", addr_format(&bound, text));
    }
    if (master.status.unix_ != -1)
        fprintf(file, "socket unix:%s\n", master.conf->admin->socket);
    if (fclose(file) == 0 && rename(temporary, path) == 0)
        return true;
failed:
    log_error(NULL, "cannot write the ready file path=%s error=\"%s\"", path, strerror(errno));
    return false;
}

/* The listeners' addresses are known once they are bound. */
static bool
start_status(void)
{
    struct status *status = &master.status;
    size_t i;

    status->loop = &master.loop;
    status->mailbox = &master.mailbox;
    status->workers = master.workers.all;
    status->worker_count = master.workers.count;
    status->nodes = &master.nodes;
    status->gate = &master.workers.gate;
    status->reload = reload;
    status->info.path = master.path;
    status->info.listeners = calloc(master.conf->listener_count, sizeof(struct addr));
    if (status->info.listeners == NULL)
        return false;
    for (i = 0; i < master.conf->listener_count; i++)
        status->info.listeners[i] = listener_address(master.fds[i]);
    return status_start(status, master.conf);
}

static bool
start(struct conf *conf)
{
    if (!workers_init(&master.workers, conf, master.fds, &master.mailbox, on_workers_empty,
                      on_node_signal))
        return false;
    if (!nodes_open(&master.nodes, &master.loop, conf, &nodes_ops, NULL) || !start_status()) {
        log_error(NULL, "out of memory at start");
        return false;
    }
    /* The last that needs a privilege, and the last thread, are behind each. */
    return privileges_drop(conf, master.path) && workers_start(&master.workers) &&
           (!conf->seccomp || seccomp_confine());
}

int
master_run(struct conf *conf, const char *path, const char *ready_file)
{
    int status = EXIT_FAILURE;

    master.conf = conf_ref(conf);
    master.path = path;
    master.fds = calloc(conf->listener_count, sizeof(*master.fds));
    if (master.fds == NULL || !loop_init(&master.loop))
        goto out_of_memory;
    raise_descriptor_limit();
    activation_init();
    notify_open();
    start_watchers();
    mailbox_init(&master.mailbox, &master.loop);
    expiry_watch(&master.expiry, &master.loop, conf);
    if (!bind_listeners() || !status_bind(&master.status, conf)) {
        status = EXIT_CONFIG;
        goto done;
    }
    activation_close_rest();
    if (start(conf) && (ready_file == NULL || write_ready_file(ready_file))) {
        log_notice(NULL, "ready");
        notify("READY=1");
        loop_run(&master.loop);
        status = EXIT_SUCCESS;
    }
    master.ended = true;
    workers_fini(&master.workers);
    status_fini(&master.status);
    nodes_close(&master.nodes);
    log_notice(NULL, "ended");
    goto done;

out_of_memory:
    log_error(NULL, "out of memory at start");
done:
    if (master.loop.ev != NULL) {
        mailbox_fini(&master.mailbox);
        expiry_stop(&master.expiry);
        loop_fini(&master.loop);
    }
    notify_close();
    free(master.fds);
    conf_unref(master.conf);
    conf_unref(master.next);
    return status;
}
