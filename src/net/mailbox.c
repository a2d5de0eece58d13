/* SPDX-License-Identifier: ISC */
#include "net/mailbox.h"

void
mailbox_deliver(struct mailbox *mailbox)
{
    struct mail *mail, *next;

    pthread_mutex_lock(&mailbox->lock);
    mail = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    pthread_mutex_unlock(&mailbox->lock);
    for (; mail != NULL; mail = next) {
        next = mail->next;
        mail->deliver(mail);
    }
}

static void
on_ring(struct ev_loop *ev, ev_async *ring, int revents)
{
    (void)ev;
    (void)revents;
    mailbox_deliver(ring->data);
}

void
mailbox_init(struct mailbox *mailbox, struct loop *loop)
{
    mailbox->loop = loop;
    mailbox->first = mailbox->last = NULL;
    pthread_mutex_init(&mailbox->lock, NULL);
    ev_async_init(&mailbox->ring, on_ring);
    mailbox->ring.data = mailbox;
    ev_async_start(loop->ev, &mailbox->ring);
}

void
mailbox_fini(struct mailbox *mailbox)
{
    ev_async_stop(mailbox->loop->ev, &mailbox->ring);
    pthread_mutex_destroy(&mailbox->lock);
}

void
mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
    mail->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->last != NULL)
        mailbox->last->next = mail;
    else
        mailbox->first = mail;
    mailbox->last = mail;
    pthread_mutex_unlock(&mailbox->lock);
    ev_async_send(mailbox->loop->ev, &mailbox->ring);
}
