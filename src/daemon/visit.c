/* SPDX-License-Identifier: ISC */
#include "daemon/visit.h"

static void
come_home(struct mail *mail)
{
    struct visit *visit = container_of(mail, struct visit, mail);

    visit->on_home(visit);
}

static void
call(struct mail *mail)
{
    struct visit *visit = container_of(mail, struct visit, mail);

    visit->on_worker(visit, &visit->workers[visit->at]);
    if (++visit->at < visit->count) {
        mailbox_post(&visit->workers[visit->at].mailbox, &visit->mail);
    } else {
        visit->mail.deliver = come_home;
        mailbox_post(visit->home, &visit->mail);
    }
}

void
visit_start(struct visit *visit, struct worker *workers, size_t count, struct mailbox *home)
{
    visit->workers = workers;
    visit->count = count;
    visit->at = 0;
    visit->home = home;
    visit->mail.deliver = call;
    mailbox_post(&workers[0].mailbox, &visit->mail);
}
