/* SPDX-License-Identifier: ISC */
#include "daemon/expiry.h"

#include <time.h>

#include "base/log.h"

#define DAY 86400LL          /* seconds */
#define WARN_DAYS 30

static void
look_at(const char *label, const struct tls_expiry *expiry)
{
    long long left;

    for (; expiry != NULL; expiry = expiry->next) {
        left = (long long)expiry->not_after - (long long)time(NULL);
        if (left <= 0)
            log_error(label, "%s has expired file=%s subject=\"%s\" days_ago=%lld", expiry->what,
                      expiry->file, expiry->subject, -left / DAY);
        else if (left < WARN_DAYS * DAY)
            log_warning(label, "%s expires soon file=%s subject=\"%s\" days=%lld", expiry->what,
                        expiry->file, expiry->subject, left / DAY);
    }
}

static void
look(const struct conf *conf)
{
    const struct conf_farm *farm;
    size_t i, j;

    for (i = 0; i < conf->listener_count; i++)
        if (conf->listeners[i].tls_server != NULL)
            look_at(conf->listeners[i].name, tls_server_expiries(conf->listeners[i].tls_server));
    if (conf->admin != NULL && conf->admin->tls_server != NULL)
        look_at("status", tls_server_expiries(conf->admin->tls_server));
    for (i = 0; i < conf->farm_count; i++) {
        farm = &conf->farms[i];
        for (j = 0; j < farm->node_count; j++)
            if (farm->nodes[j].tls_client != NULL && !farm->nodes[j].gone)
                look_at(farm->nodes[j].name, tls_client_expiries(farm->nodes[j].tls_client));
    }
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct expiry *expiry = timer->data;

    (void)ev;
    (void)revents;
    look(expiry->conf);
    loop_timer_start(expiry->loop, timer, (uint64_t)DAY * 1000);
}

void
expiry_watch(struct expiry *expiry, struct loop *loop, const struct conf *conf)
{
    if (expiry->loop == NULL)
        ev_init(&expiry->timer, on_timer);
    expiry->timer.data = expiry;
    expiry->loop = loop;
    expiry->conf = conf;
    look(conf);
    loop_timer_start(loop, &expiry->timer, (uint64_t)DAY * 1000);
}

void
expiry_stop(struct expiry *expiry)
{
    if (expiry->loop != NULL)
        loop_timer_stop(expiry->loop, &expiry->timer);
    expiry->loop = NULL;
}
