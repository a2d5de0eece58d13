/* SPDX-License-Identifier: ISC */
/*
 * What passes, as records: whose it is, which numbers it has on either side, and whether
 * any tap wants it.
 */
#include <string.h>
#include <utlist.h>

#include "base/escape.h"
#include "proxy/account.h"
#include "proxy/link.h"
#include "proxy/session.h"
#include "proxy/tap.h"

/* Whose it is, as the log shows it. */
static const char *
account_of(const struct session *session, const struct link *link, char spare[SESSION_NAME_SIZE])
{
    const struct account *account;
    const struct linkset *linkset;

    if (session != NULL)
        return session->system_id;
    ensure(link != NULL);
    linkset = link->owner;
    account = linkset->account;
    return escape(spare, SESSION_NAME_SIZE, account->key + sizeof(account->farm),
                  account->key_len - sizeof(account->farm));
}

static const char *
farm_of(const struct session *session, const struct link *link)
{
    if (link != NULL)
        return link->farm->name;
    ensure(session != NULL);
    return session->home.farm != NULL ? session->home.farm->conf->name : "";
}

static bool
is_enquire(const struct tap_view *view)
{
    return view->record.kept >= PDU_HEADER &&
           (get_be32(view->bytes + 4) & ~SMPP_RESPONSE) == SMPP_ENQUIRE_LINK;
}

static bool
wants(const struct tap_filter *filter, const char *account, const struct tap_view *view)
{
    return strcmp(filter->account, account) == 0 &&
           (filter->farm[0] == '\0' || strcmp(filter->farm, view->farm) == 0) &&
           (filter->node[0] == '\0' || strcmp(filter->node, view->node) == 0) &&
           (filter->enquire || !is_enquire(view));
}

/* Most of what passes while the reader is slower: it is to cost little. */
static bool
is_lost(struct tap *tap)
{
    if (tap->filling != NULL || tap->free != NULL)
        return false;
    tap->lost++;
    return true;
}

/* Gives it to the taps that want it. One of session and link may be NULL; the record has
 * all that they don't tell. */
static void
pass(const struct proxy *proxy, const struct session *session, const struct link *link,
     struct tap_view *view)
{
    char account[SESSION_NAME_SIZE], peer[ADDR_TEXT_SIZE];
    const char *name = account_of(session, link, account);
    struct tap *tap;

    if (view->farm == NULL)
        view->farm = farm_of(session, link);
    view->node = link != NULL ? link_node_name(link) : "";
    view->link = link != NULL ? link->label : "";
    view->peer = NULL;
    view->record.at_us = proxy->loop->now_us;
    view->record.session = session != NULL ? session->id : 0;
    LL_FOREACH(proxy->taps, tap) {
        if (!wants(&tap->filter, name, view) || is_lost(tap))
            continue;
        if (view->peer == NULL)
            view->peer = session != NULL ? addr_format(&session->peer, peer) : "";
        tap_put(tap, view);
    }
}

static void
pass_pdu(const struct proxy *proxy, enum tap_way way, const struct session *session,
         const struct link *link, const uint8_t *bytes, int64_t client_number, int64_t node_number,
         const char *why)
{
    struct tap_view view = {.bytes = bytes, .record = {
        .way = way, .why = why, .kept = get_be32(bytes),
        .client_number = client_number, .node_number = node_number,
    }};

    pass(proxy, session, link, &view);
}

static const struct session *
session_at(const struct proxy *proxy, struct handle handle)
{
    return handle_object(&proxy->session_table, handle);
}

void
tap_from_client(struct session *session, const struct pdu *pdu)
{
    const struct pending *pending = NULL;
    const struct link *link = NULL;

    if (pdu_is_response(pdu))
        pending = window_find(&session->window, pdu->number);
    if (pending != NULL)
        link = handle_object(&session->proxy->link_table, pending->from);
    pass_pdu(session->proxy, TAP_FROM_CLIENT, session, link, pdu->bytes, pdu->number,
             pending != NULL ? (int64_t)pending->their_number : -1, NULL);
}

void
tap_to_client(const struct session *session, const uint8_t *bytes, const struct link *link,
              int64_t node_number, const char *why)
{
    pass_pdu(session->proxy, TAP_TO_CLIENT, session, link, bytes, get_be32(bytes + 12),
             node_number, why);
}

void
tap_from_node(const struct link *link, const struct pdu *pdu)
{
    const struct pending *pending = NULL;
    const struct session *session = NULL;

    if (pdu_is_response(pdu))
        pending = window_find(&link->window, pdu->number);
    if (pending != NULL)
        session = session_at(link->proxy, pending->from);
    pass_pdu(link->proxy, TAP_FROM_NODE, session, link, pdu->bytes,
             pending != NULL ? (int64_t)pending->their_number : -1, pdu->number, NULL);
}

void
tap_to_node(const struct link *link, const uint8_t *bytes, uint32_t node_number,
            struct handle session, int64_t client_number, const char *why)
{
    pass_pdu(link->proxy, TAP_TO_NODE, session_at(link->proxy, session), link, bytes,
             client_number, node_number, why);
}

void
tap_sent(const struct link *link, const struct request *request, uint32_t node_number)
{
    tap_to_node(link, request->bytes, node_number, request->from, request_number(request),
                request->moves > 0 ? "sent again" : NULL);
}

void
tap_request(const struct branch *branch, const struct request *request,
            const struct link *link, int64_t node_number, const char *what)
{
    struct tap_view view = {.bytes = request->bytes, .farm = branch->farm->conf->name, .record = {
        .way = TAP_NOTE, .why = what, .kept = PDU_HEADER,
        .client_number = request_number(request), .node_number = node_number,
    }};

    pass(branch->session->proxy, branch->session, link, &view);
}

void
tap_delivery(const struct session *session, const struct request *request,
             const struct link *link, const char *what)
{
    struct tap_view view = {.bytes = request->bytes, .record = {
        .way = TAP_NOTE, .why = what, .kept = PDU_HEADER,
        .client_number = -1, .node_number = request_number(request),
    }};

    pass(session != NULL ? session->proxy : link->proxy, session, link, &view);
}

static void
pass_note(const struct proxy *proxy, const struct session *session, const struct link *link,
          const char *what)
{
    struct tap_view view = {.record = {.way = TAP_NOTE, .why = what, .client_number = -1,
                                       .node_number = -1}};

    pass(proxy, session, link, &view);
}

void
tap_link(const struct link *link, const char *what)
{
    pass_note(link->proxy, NULL, link, what);
}

void
tap_session(const struct session *session, const char *what)
{
    pass_note(session->proxy, session, NULL, what);
}
