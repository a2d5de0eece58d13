/* SPDX-License-Identifier: ISC */
#ifndef PROXY_LINK_INNER_H
#define PROXY_LINK_INNER_H

#include "proxy/link.h"

/* What link.c, link_pdu.c and link_timer.c share, and nobody else uses. */

extern const struct conn_ops link_conn_ops;

static inline uint64_t
link_now_ms(const struct link *link)
{
    return loop_now_ms(link->proxy->loop);
}

/* "c12/emg2"; valid until the thread asks for the next. */
const char *
link_label(const struct link *link);

/* The one place where the state changes. */
void
link_enter(struct link *link, enum link_state state);

/* The connection is of no use any more. `status` is the node's verdict, if any. */
void
link_lose(struct link *link, enum link_loss loss, uint32_t status, const char *detail);

/* Sends n octets as they are but for the sequence_number. False: it can't. */
MUST_USE bool
link_send_bytes(struct link *link, const uint8_t *bytes, size_t n, uint32_t number);

/* The same for a header alone; where it can't, the link is lost. `why` as of link_answer. */
void
link_send_header(struct link *link, uint32_t command, uint32_t status, uint32_t number,
                 const char *why);

void
link_on_timer(struct ev_loop *ev, ev_timer *timer, int revents);

#endif
