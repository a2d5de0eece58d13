/* SPDX-License-Identifier: ISC */
/*
 * A link's one timer. What it means depends on the state (link_enter); while the link is
 * bound it is not touched per message: when it fires it finds out what is due next (watch).
 */
#include "proxy/link_inner.h"

#define PAUSED_MS 1000              /* a link that isn't read is looked at again */

/* Takes those whose time is over; returns when the next one's is, at the latest
 * a whole response-timeout from now. While the link isn't read, for its client
 * isn't reading, their answers may be there already. */
static uint64_t
expire(struct link *link)
{
    uint64_t timeout = link->farm->response_timeout_ms, due = link_now_ms(link) + timeout;
    struct pending *pending;

    if (link->conn.paused)
        return link_now_ms(link) + PAUSED_MS;
    while ((pending = window_oldest(&link->window)) != NULL) {
        due = pending->sent_us / 1000 + timeout;
        if (due > link_now_ms(link))
            break;
        link->proxy->counters.expired_up++;
        link->ops->on_expired(link, pending);
        due = link_now_ms(link) + timeout;
    }
    return due;
}

/* Asks a node that was silent for too long. Returns when to look again; 0: the
 * link is lost. */
static uint64_t
enquire(struct link *link)
{
    uint64_t now = link_now_ms(link), heard = link->conn.read_at_ms, due;

    if (link->farm->enquire_link_ms == 0 || link->conn.paused)
        return UINT64_MAX;
    if (link->enquire_number != 0 && heard <= link->enquire_sent_ms) {
        due = link->enquire_sent_ms + link->farm->enquire_timeout_ms;
        if (due > now)
            return due;
        link_lose(link, LINK_LOSS_ENQUIRE_TIMEOUT, 0, "");
        return 0;
    }
    due = heard + link->farm->enquire_link_ms;
    if (due > now)
        return due;
    link->enquire_number = window_number(&link->window);
    link->enquire_sent_ms = now;
    link_send_header(link, SMPP_ENQUIRE_LINK, SMPP_ROK, link->enquire_number, NULL);
    if (link->state != LINK_BOUND)
        return 0;
    /* once answered, the next silence may be over before this wait is */
    due = link->farm->enquire_timeout_ms;
    return now + (due < link->farm->enquire_link_ms ? due : link->farm->enquire_link_ms);
}

static void
watch(struct link *link)
{
    uint64_t expiry = expire(link), due;

    if (link->state != LINK_BOUND)
        return;
    due = enquire(link);
    if (due == 0)
        return;
    if (expiry < due)
        due = expiry;
    window_trim(&link->window);
    loop_timer_start(link->proxy->loop, &link->timer, due - link_now_ms(link) + 1);
}

void
link_on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct link *link = timer->data;

    (void)ev;
    (void)revents;
    switch (link->state) {
    case LINK_RESTING:
        if (link->at->status.connects)
            link_enter(link, LINK_CONNECTING);
        break;
    case LINK_BINDING:
        link_lose(link, LINK_LOSS_BIND_TIMEOUT, SMPP_ROK, "");
        break;
    case LINK_BOUND:
        watch(link);
        break;
    case LINK_UNBINDING:
        link_enter(link, LINK_CLOSED);
        break;
    case LINK_CONNECTING:
    case LINK_ENDING:
    case LINK_CLOSED:
        break;
    }
}
