/* SPDX-License-Identifier: ISC */
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/activation.h"
#include "daemon/node_mail.h"
#include "daemon/workers.h"
#include "proxy/account.h"
#include "proxy/farm.h"
#include "proxy/follow.h"
#include "proxy/session_move.h"
#include "proxy/snapshot.h"
#include "proxy/stream.h"

/*
 * Mail.
 */

static void
on_order_done(struct mail *mail)
{
    struct order *order = container_of(mail, struct order, mail);

    order->on_done(order->worker);
}

static void
on_order(struct mail *mail)
{
    struct order *order = container_of(mail, struct order, mail);
    struct worker *worker = order->worker;

    if (worker->stopped)
        return;
    order->carry_out(worker);
    if (order->on_done == NULL)
        return;
    mail->deliver = on_order_done;
    mailbox_post(worker->workers->master, mail);
}

void
worker_order(struct order *order, void (*carry_out)(struct worker *worker),
             void (*on_done)(struct worker *worker))
{
    order->mail.deliver = on_order;
    order->carry_out = carry_out;
    order->on_done = on_done;
    mailbox_post(&order->worker->mailbox, &order->mail);
}

static void
on_empty(struct mail *mail)
{
    workers_on_empty(container_of(mail, struct worker, empty));
}

static void
on_proxy_empty(struct proxy *proxy)
{
    struct worker *worker = proxy->owner;

    worker->empty.deliver = on_empty;
    mailbox_post(worker->workers->master, &worker->empty);
}

/*
 * Sessions.
 */

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    struct worker *worker = listener->owner;
    const struct conf_listener *at = &worker->conf->listeners[listener - worker->listeners];

    if (at->mode == CONF_MODE_TCP)
        stream_accept(&worker->proxy, at, fd, peer);
    else
        session_accept(&worker->proxy, at, fd, peer);
}

/* At the receiver: its configuration may be another one than the sender's was, but
 * listeners have kept their places. */
static void
on_arrival(struct mail *mail)
{
    struct session_move *move = container_of(mail, struct session_move, mail);
    struct worker *worker = move->carrier;

    if (worker->stopped) {
        session_move_drop(&worker->workers->registry, move);
        return;
    }
    move->listener = &worker->conf->listeners[move->listener_index];
    session_arrive(&worker->proxy, move);
}

static void
on_move(struct proxy *proxy, struct session_move *move)
{
    struct worker *worker = proxy->owner, *receiver = &worker->workers->all[move->worker];

    move->listener_index = (size_t)(move->listener - worker->conf->listeners);
    move->carrier = receiver;
    move->mail.deliver = on_arrival;
    mailbox_post(&receiver->mailbox, &move->mail);
}

static void
on_node_signal(struct proxy *proxy, size_t farm, size_t node, enum node_signal signal)
{
    node_mail_signal(proxy->owner, farm, node, signal);
}

/*
 * Birth and end.
 */

static void
close_listeners(struct worker *worker)
{
    size_t i;

    for (i = 0; i < worker->conf->listener_count; i++)
        listener_close(&worker->listeners[i]);
}

/* What was handed over can't be bound anew: its one queue is served by all. */
static int
own_descriptor(const struct worker *worker, int fd)
{
    if (worker->number == 0)
        return fd;
    return activation_has(fd) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : listener_join(fd);
}

static bool
open_listeners(struct worker *worker, const int *fds)
{
    const struct conf *conf = worker->conf;
    size_t i;
    int fd;

    for (i = 0; i < conf->listener_count; i++) {
        fd = own_descriptor(worker, fds[i]);
        if (fd == -1) {
            log_error(conf->listeners[i].name, "cannot listen on %s error=\"%s\"", worker->name,
                      strerror(errno));
            return false;
        }
        worker->listeners[i].name = conf->listeners[i].name;
        worker->listeners[i].owner = worker;
        worker->listeners[i].on_accept = on_accept;
        worker->listeners[i].keeps_path = activation_has(fds[i]);
        listener_open(&worker->listeners[i], &worker->loop, fd);
    }
    return true;
}

static void
init_orders(struct worker *worker)
{
    worker->drain.worker = worker->stop.worker = worker;
    worker->change.worker = worker->count.worker = worker;
}

bool
worker_init(struct worker *worker, struct workers *workers, uint32_t number, struct conf *conf,
            const int *fds)
{
    size_t i;

    memset(worker, 0, sizeof(*worker));
    worker->workers = workers;
    worker->number = number;
    snprintf(worker->name, sizeof(worker->name), "worker%u", number + 1);
    worker->listeners = calloc(conf->listener_count, sizeof(*worker->listeners));
    if (worker->listeners == NULL || !loop_init(&worker->loop)) {
        log_error(worker->name, "out of memory at start");
        free(worker->listeners);
        return false;
    }
    for (i = 0; i < conf->listener_count; i++)
        worker->listeners[i].fd = -1;
    worker->conf = conf_ref(conf);
    init_orders(worker);
    mailbox_init(&worker->mailbox, &worker->loop);
    proxy_init(&worker->proxy, &worker->loop, &workers->registry, &workers->gate,
               number);
    worker->proxy.on_empty = on_proxy_empty;
    worker->proxy.on_move = on_move;
    worker->proxy.on_node_signal = on_node_signal;
    worker->proxy.owner = worker;
    if (!farm_open_all(&worker->proxy, conf) || !branch_counts_init(&worker->proxy, conf))
        log_error(worker->name, "out of memory at start");
    else if (open_listeners(worker, fds))
        return true;
    worker_stop(worker);
    worker_fini(worker);
    return false;
}

/* The worker's processor: the next of those that the process may use. */
static void
stay_on_processor(const struct worker *worker)
{
    cpu_set_t allowed, own;
    uint32_t wanted, i;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) == -1)
        return;
    wanted = worker->number % (uint32_t)CPU_COUNT(&allowed);
    for (i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &allowed) && wanted-- == 0)
            break;
    CPU_ZERO(&own);
    CPU_SET(i, &own);
    if (pthread_setaffinity_np(pthread_self(), sizeof(own), &own) == 0)
        log_info(worker->name, "stays on processor %u", i);
}

static void *
run(void *arg)
{
    struct worker *worker = arg;

    (void)pthread_setname_np(pthread_self(), worker->name);
    if (worker->conf->cpu_affinity)
        stay_on_processor(worker);
    loop_run(&worker->loop);
    return NULL;
}

bool
worker_start(struct worker *worker)
{
    sigset_t all, before;
    bool started;

    /* Signals are the master's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&worker->thread, NULL, run, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void
worker_clear(struct worker *worker)
{
    mailbox_deliver(&worker->mailbox);
}

void
worker_fini(struct worker *worker)
{
    mailbox_fini(&worker->mailbox);
    proxy_fini(&worker->proxy);
    loop_fini(&worker->loop);
    free(worker->listeners);
    conf_unref(worker->conf);
}

/*
 * Orders.
 */

void
worker_drain(struct worker *worker)
{
    close_listeners(worker);
    proxy_drain(&worker->proxy);
}

void
worker_reserve(struct worker *worker)
{
    worker->reserved = proxy_reserve(&worker->proxy, worker->conf, worker->next);
}

void
worker_follow(struct worker *worker)
{
    size_t i;

    proxy_follow(&worker->proxy);
    conf_unref(worker->conf);
    worker->conf = conf_ref(worker->next);
    for (i = 0; i < worker->conf->listener_count; i++)
        worker->listeners[i].name = worker->conf->listeners[i].name;
}

void
worker_stay(struct worker *worker)
{
    proxy_stay(&worker->proxy);
}

static void
log_counts(const struct worker *worker)
{
    const struct proxy *proxy = &worker->proxy;
    const struct counters *counters = &proxy->counters;

    log_notice(worker->name,
               "counts sessions=%u accounts=%u linksets=%u memory=%zu sessions_accepted=%llu "
               "sessions_moved=%llu sessions_bound=%llu requests_up=%llu",
               proxy->session_count, HASH_COUNT(proxy->accounts), proxy->linkset_count,
               proxy->loop->slab.used, (unsigned long long)counters->sessions_accepted,
               (unsigned long long)counters->sessions_moved,
               (unsigned long long)counters->sessions_bound,
               (unsigned long long)counters->requests_up);
}

void
worker_count(struct worker *worker)
{
    if (worker->conf->workers > 1)
        log_counts(worker);
    proxy_add_to_snapshot(&worker->proxy, worker->conf, worker->number, worker->snapshot);
}

void
worker_stop(struct worker *worker)
{
    close_listeners(worker);
    proxy_stop(&worker->proxy);
    worker->stopped = true;
    loop_stop(&worker->loop);
}
