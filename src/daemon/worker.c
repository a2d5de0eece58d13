/* SPDX-License-Identifier: ISC */
#include "daemon/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proxy/farm.h"
#include "proxy/follow.h"
#include "proxy/session.h"

/* Something the master wants done on the worker's thread. */
struct order {
    struct mail mail;
    struct worker *worker;
    void (*carry_out)(struct worker *worker, struct conf *conf);
    struct conf *conf;      /* a reference, or NULL */
};

static void
deliver(struct mail *mail)
{
    struct order *order = container_of(mail, struct order, mail);

    order->carry_out(order->worker, order->conf);
    conf_unref(order->conf);
    free(order);
}

static void
give_order(struct worker *worker, void (*carry_out)(struct worker *worker, struct conf *conf),
           struct conf *conf)
{
    struct order *order = calloc(1, sizeof(*order));

    if (order == NULL) {
        log_error(NULL, "out of memory, an order to a worker is lost");
        return;
    }
    order->mail.deliver = deliver;
    order->worker = worker;
    order->carry_out = carry_out;
    order->conf = conf != NULL ? conf_ref(conf) : NULL;
    mailbox_post(&worker->mailbox, &order->mail);
}

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    struct worker *worker = listener->owner;

    session_accept(&worker->proxy, &worker->conf->listeners[listener - worker->listeners], fd,
                   peer);
}

static void
on_proxy_empty(struct proxy *proxy)
{
    struct worker *worker = proxy->owner;

    worker->empty.deliver = worker->on_empty;
    mailbox_post(worker->master, &worker->empty);
}

bool
worker_init(struct worker *worker, struct conf *conf, const int *fds, struct mailbox *master,
            void (*on_empty)(struct mail *mail))
{
    size_t i;

    memset(worker, 0, sizeof(*worker));
    worker->listeners = calloc(conf->listener_count, sizeof(*worker->listeners));
    if (worker->listeners == NULL || !loop_init(&worker->loop)) {
        free(worker->listeners);
        return false;
    }
    worker->conf = conf_ref(conf);
    worker->master = master;
    worker->on_empty = on_empty;
    mailbox_init(&worker->mailbox, &worker->loop);
    proxy_init(&worker->proxy, &worker->loop);
    if (!farm_open_all(&worker->proxy, conf))
        log_error(NULL, "out of memory");
    worker->proxy.on_empty = on_proxy_empty;
    worker->proxy.owner = worker;
    for (i = 0; i < conf->listener_count; i++) {
        worker->listeners[i].name = conf->listeners[i].name;
        worker->listeners[i].owner = worker;
        worker->listeners[i].on_accept = on_accept;
        listener_open(&worker->listeners[i], &worker->loop, fds[i]);
    }
    return true;
}

static void *
run(void *arg)
{
    struct worker *worker = arg;

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

static void
close_listeners(struct worker *worker)
{
    size_t i;

    for (i = 0; i < worker->conf->listener_count; i++)
        listener_close(&worker->listeners[i]);
}

static void
drain(struct worker *worker, struct conf *conf)
{
    (void)conf;
    close_listeners(worker);
    proxy_drain(&worker->proxy);
}

static void
follow(struct worker *worker, struct conf *conf)
{
    size_t i;

    if (!proxy_follow(&worker->proxy, worker->conf, conf)) {
        log_error(NULL, "out of memory, the configuration stays as it was");
        return;
    }
    for (i = 0; i < conf->listener_count; i++)
        worker->listeners[i].name = conf->listeners[i].name;
    conf_unref(worker->conf);
    worker->conf = conf_ref(conf);
    log_notice(NULL, "configuration taken");
}

static void
log_counters(struct worker *worker, struct conf *conf)
{
    (void)conf;
    proxy_log_counters(&worker->proxy);
}

static void
stop(struct mail *mail)
{
    struct worker *worker = container_of(mail, struct worker, stop);

    close_listeners(worker);
    proxy_stop(&worker->proxy);
    loop_stop(&worker->loop);
}

void
worker_drain(struct worker *worker)
{
    give_order(worker, drain, NULL);
}

void
worker_follow(struct worker *worker, struct conf *conf)
{
    give_order(worker, follow, conf);
}

void
worker_log_counters(struct worker *worker)
{
    give_order(worker, log_counters, NULL);
}

void
worker_fini(struct worker *worker)
{
    worker->stop.deliver = stop;
    mailbox_post(&worker->mailbox, &worker->stop);
    pthread_join(worker->thread, NULL);
    proxy_log_counters(&worker->proxy);
    mailbox_fini(&worker->mailbox);
    proxy_fini(&worker->proxy);
    loop_fini(&worker->loop);
    free(worker->listeners);
    conf_unref(worker->conf);
}
