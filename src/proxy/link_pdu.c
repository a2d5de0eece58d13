/* SPDX-License-Identifier: ISC */
/*
 * What a node sends: cut into PDUs, and those that are the link's own affair: bind_resp,
 * enquire_link, unbind. All else goes to its owner.
 */
#include <stdio.h>

#include "base/log.h"
#include "net/tls.h"
#include "proxy/link_inner.h"
#include "proxy/tap.h"

static void
on_conn_open(struct conn *conn)
{
    struct link *link = conn->owner;
    uint32_t length = get_be32(link->bind);
    char text[TLS_TEXT_SIZE];

    if (link->farm->nodes[link->node].tls_client != NULL)
        log_debug(link_label(link), "TLS %s", tls_text(conn, text));
    link->bind_number = window_number(&link->window);
    link_enter(link, LINK_BINDING);
    if (!link_send_bytes(link, link->bind, length, link->bind_number))
        link_lose(link, LINK_LOSS_NO_MEMORY, SMPP_ROK, "");
    else if (tap_is_on(link->proxy))
        tap_to_node(link, link->bind, link->bind_number, (struct handle){0, 0}, -1, NULL);
}

static void
on_bind_resp(struct link *link, const struct pdu *pdu)
{
    char spare[STATUS_TEXT_SIZE];

    link->bind_number = 0;
    if (pdu->status != SMPP_ROK || pdu->command == SMPP_GENERIC_NACK) {
        link_lose(link, LINK_LOSS_REFUSED, pdu->status, status_name(pdu->status, spare));
        return;
    }
    link->at->counts.links_bound++;
    link_enter(link, LINK_BOUND);
    link->proxy->counters.links_bound++;
    log_debug(link_label(link), "bound");
    link->ops->on_bound(link, pdu);
}

static void
on_response(struct link *link, const struct pdu *pdu)
{
    struct pending *pending = window_find(&link->window, pdu->number);
    char spare[COMMAND_TEXT_SIZE];

    if (pending != NULL && pdu_answers(pdu->command, pending->command)) {
        link->ops->on_response(link, pdu, pending);
    } else if (link->enquire_number != 0 && pdu->number == link->enquire_number) {
        link->enquire_number = 0;
        link->at->enquiries++;
    } else if (link->bind_number != 0 && pdu->number == link->bind_number &&
               pdu_answers(pdu->command, get_be32(link->bind + 4))) {
        on_bind_resp(link, pdu);
    } else if (link->unbind_number != 0 && pdu->number == link->unbind_number) {
        link_enter(link, LINK_CLOSED);
    } else if (link->state == LINK_UNBINDING) {
        link->proxy->counters.late_responses++;
    } else {
        link->proxy->counters.unexpected_responses++;
        log_limited(LOG_LEVEL_NOTICE, link_label(link),
                    "response that nobody waits for command=%s number=%u",
                    command_name(pdu->command, spare), pdu->number);
    }
}

/* What the node would still ask would hold up its end for as long as it asks. */
static bool
is_about_to_retire(const struct link *link)
{
    return link->refuses_until_ms != 0 &&
           loop_now_ms(link->proxy->loop) < link->refuses_until_ms;
}

/* The requests that a node may make of a link itself. */
static void
on_request(struct link *link, const struct pdu *pdu)
{
    switch (pdu->command) {
    case SMPP_ENQUIRE_LINK:
        link_answer(link, pdu->command, SMPP_ROK, pdu->number, NULL);
        break;
    case SMPP_UNBIND:
        link_answer(link, pdu->command, SMPP_ROK, pdu->number, NULL);
        if (link->state != LINK_UNBINDING && link->conn.state == CONN_OPEN)
            link_lose(link, LINK_LOSS_UNBOUND, SMPP_ROK, "");
        break;
    case SMPP_OUTBIND:
        log_limited(LOG_LEVEL_NOTICE, link_label(link), "outbind is of no use here and ignored");
        break;
    default:
        if (link->state == LINK_BOUND && !is_about_to_retire(link))
            link->ops->on_request(link, pdu);
        else if (pdu->command != SMPP_ALERT_NOTIFICATION)
            link_answer(link, pdu->command, SMPP_RX_T_APPN, pdu->number,
                        link->state == LINK_BOUND ? "the link is about to end"
                                                  : "the link is not bound");
    }
}

static size_t
on_conn_bytes(struct conn *conn, const uint8_t *bytes, size_t n)
{
    struct link *link = conn->owner;
    char detail[48];
    struct pdu pdu;
    size_t used = 0;

    while (conn->state == CONN_OPEN) {
        switch (pdu_frame(bytes + used, n - used, link->farm->nodes[link->node].max_pdu,
                          &pdu)) {
        case FRAME_PARTIAL:
            return used;
        case FRAME_BAD_LENGTH:
            link->proxy->counters.bad_lengths++;
            snprintf(detail, sizeof(detail), "command_length=%u", pdu.length);
            link_send_header(link, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, pdu.number,
                             "its command_length cannot be");
            if (conn->state == CONN_OPEN)
                link_lose(link, LINK_LOSS_BAD_LENGTH, SMPP_ROK, detail);
            return n;
        case FRAME_WHOLE:
            used += pdu.length;
            if (n - used >= PDU_HEADER)     /* the next one's */
                window_fetch(&link->window, get_be32(bytes + used + 12));
            if (tap_is_on(link->proxy))
                tap_from_node(link, &pdu);
            if (pdu_is_response(&pdu))
                on_response(link, &pdu);
            else
                on_request(link, &pdu);
            break;
        }
    }
    return used;
}

static void
on_conn_room(struct conn *conn)
{
    struct link *link = conn->owner;

    if (link->state == LINK_BOUND)
        link->ops->on_room(link);
}

static void
on_conn_end(struct conn *conn, enum conn_end end, int error)
{
    struct link *link = conn->owner;

    link_lose(link, conn_end_is_ours(end) ? LINK_LOSS_NOT_OURS : LINK_LOSS_CONN, SMPP_ROK,
         conn_end_words(end, error));
}

const struct conn_ops link_conn_ops = {
    .on_open = on_conn_open,
    .on_bytes = on_conn_bytes,
    .on_room = on_conn_room,
    .on_end = on_conn_end,
};
