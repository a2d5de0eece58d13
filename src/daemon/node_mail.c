/* SPDX-License-Identifier: ISC */
#include "daemon/node_mail.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/farm.h"

struct node_mail {
    struct mail mail;
    struct worker *worker;
    size_t farm;
    size_t node;
    struct node_status status;      /* to a worker */
    enum node_signal signal;        /* to the master */
    struct node_mail *next;
};

static void
on_status(struct mail *mail)
{
    struct node_mail *its = container_of(mail, struct node_mail, mail);
    struct worker *worker = its->worker;

    if (!worker->stopped)
        farm_put_status(farm_get(&worker->proxy, &worker->conf->farms[its->farm]), its->node,
                        &its->status);
    free(its);
}

bool
node_mail_status(struct workers *workers, size_t farm, size_t node,
                 const struct node_status *status)
{
    struct node_mail *all = NULL, *its, *next;
    uint32_t i;

    for (i = 0; i < workers->count; i++) {
        its = malloc(sizeof(*its));
        if (its == NULL)
            break;
        *its = (struct node_mail){.mail = {.deliver = on_status}, .worker = &workers->all[i],
                                  .farm = farm, .node = node, .status = *status};
        LL_PREPEND(all, its);
    }
    LL_FOREACH_SAFE(all, its, next) {
        if (i == workers->count)
            mailbox_post(&its->worker->mailbox, &its->mail);
        else
            free(its);
    }
    return i == workers->count;
}

static void
on_signal(struct mail *mail)
{
    struct node_mail *its = container_of(mail, struct node_mail, mail);
    struct workers *workers = its->worker->workers;

    workers->on_node_signal(its->farm, its->node, its->worker->number, its->signal);
    free(its);
}

void
node_mail_signal(struct worker *worker, size_t farm, size_t node, enum node_signal signal)
{
    struct node_mail *its = malloc(sizeof(*its));

    if (its == NULL) {
        log_error(worker->name, "out of memory, the master is not told that of a node %s",
                  node_signal_words(signal));
        return;
    }
    *its = (struct node_mail){.mail = {.deliver = on_signal}, .worker = worker, .farm = farm,
                              .node = node, .signal = signal};
    mailbox_post(worker->workers->master, &its->mail);
}
