/* SPDX-License-Identifier: ISC */
/* A session and its nodes: the client's bind, the verdict, and what its linkset tells. */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "proxy/downward.h"
#include "proxy/pool.h"
#include "proxy/session_gate.h"
#include "proxy/session_inner.h"
#include "proxy/tap.h"
#include "proxy/upward.h"
#include "smpp/bind.h"

static void on_linkset_bound(struct linkset *linkset);
static void on_linkset_refused(struct linkset *linkset, uint32_t status);
static void on_linkset_room(struct linkset *linkset);
static void on_linkset_starved(struct linkset *linkset);
static void on_linkset_lost(struct linkset *linkset);
static void on_linkset_grace_over(struct linkset *linkset);
static void tell_client(const struct linkset *linkset, struct addr *source, struct addr *dest);

static const struct linkset_ops linkset_ops = {
    .on_bound = on_linkset_bound,
    .on_refused = on_linkset_refused,
    .on_room = on_linkset_room,
    .on_starved = on_linkset_starved,
    .on_lost = on_linkset_lost,
    .on_grace_over = on_linkset_grace_over,
    .on_request = downward_on_request,
    .on_response = upward_on_response,
    .on_expired = upward_on_expired,
    .on_link_lost = upward_on_link_lost,
    .on_node_lost = upward_on_node_lost,
    .tell_client = tell_client,
};

static const char *
bind_name(uint32_t command)
{
    return command_find(command)->name + strlen("bind_");
}

static void
refuse_bind(struct session *session, uint32_t status, const char *why)
{
    session->proxy->counters.binds_refused++;
    session_answer(session, session->bind_command, status, session->bind_number, why);
    session_finish(session, SESSION_END_REFUSED);
}

bool
session_open_branch(struct branch *branch, const struct pdu *bind)
{
    const struct conf_farm *farm = branch->farm->conf;
    struct session *session = branch->session;
    char label[24];

    switch (farm->links) {
    case CONF_LINKS_ACCOUNT:
        return pool_join(branch, bind);
    case CONF_LINKS_SESSION:
        break;
    }
    snprintf(label, sizeof(label), "c%llu", (unsigned long long)session->id);
    branch->linkset = linkset_open(session->proxy, farm, 1, bind, session->entry, label,
                                   &linkset_ops, branch);
    if (branch->linkset == NULL)
        return false;
    branch->linkset->account->sessions++;
    return true;
}

/* At home, and on all other farms at the same time. False: out of memory. */
static bool
open_linksets(struct session *session, const struct pdu *pdu)
{
    if (session->entry == NULL || !session_open_branch(&session->home, pdu) ||
        !branch_reserve(session))
        return false;
    branch_open_all(session);
    return true;
}

void
session_on_bind(struct session *session, const struct pdu *pdu)
{
    struct bind bind;
    bool ok;

    session->bind_command = pdu->command;
    session->bind_number = pdu->number;
    if (!bind_parse(pdu, &bind)) {
        session->proxy->counters.bad_binds++;
        session_answer(session, pdu->command, SMPP_RINVCMDLEN, pdu->number, NULL);
        session_finish(session, SESSION_END_BAD_BIND);
        return;
    }
    escape(session->system_id, sizeof(session->system_id), bind.system_id.bytes,
           bind.system_id.len);
    ok = branch_begin(session, bind.system_id);
    if (tap_is_on(session->proxy))      /* whose it is is known from here on */
        tap_from_client(session, pdu);
    if (!session_may_bind(session, &bind))
        return;
    session->interface_version = bind.interface_version;
    session->bound_state = command_bound_state(pdu->command);
    session_enter(session, SESSION_BINDING);
    if (session->proxy->draining) {     /* it has come from another worker since */
        session->end = SESSION_END_DRAIN;
        refuse_bind(session, SMPP_RBINDFAIL, "smpplex is to end");
        return;
    }
    if (!ok || !open_linksets(session, pdu)) {
        snprintf(session->end_detail, sizeof(session->end_detail), "out of memory");
        refuse_bind(session, SMPP_RBINDFAIL, "memory is short");
    }
}

void
session_accept_bind(struct session *session)
{
    const struct linkset *linkset = session->home.linkset;
    uint32_t length;
    uint8_t *room;

    if (!session_has_place(session)) {      /* others were bound meanwhile */
        session_refuse_at_gate(session, GATE_SESSIONS);
        return;
    }
    session->proxy->counters.sessions_bound++;
    log_limited(LOG_LEVEL_INFO, session_label(session), "bound as=%s version=0x%02x nodes=%zu/%zu",
                bind_name(session->bind_command), session->interface_version,
                linkset_nodes_bound(linkset), linkset->farm->node_count);
    length = linkset->bind_resp != NULL ? get_be32(linkset->bind_resp) : PDU_HEADER + 1;
    room = session_put(session, length);
    if (room != NULL && linkset->bind_resp != NULL) {
        memcpy(room, linkset->bind_resp, length);
        pdu_put_number(room, session->bind_number);
    } else if (room != NULL) {
        pdu_put_header(room, length, session->bind_command | SMPP_RESPONSE, SMPP_ROK,
                       session->bind_number);
        room[PDU_HEADER] = 0;
    }
    if (room != NULL && tap_is_on(session->proxy))
        tap_to_client(session, room, NULL, -1, NULL);
    session_enter(session, SESSION_BOUND);
    downward_serve(session);
}

/* Of a node, on who the client is. */
static bool
is_verdict(uint32_t status)
{
    return status == SMPP_RINVPASWD || status == SMPP_RINVSYSID || status == SMPP_RBINDFAIL;
}

void
session_refuse_bind(struct session *session, uint32_t status)
{
    char spare[STATUS_TEXT_SIZE];

    snprintf(session->end_detail, sizeof(session->end_detail), "%s%s",
             status_name(status, spare),
             session->home.linkset->verdict == SMPP_ROK ? ", no node can be reached" : "");
    if (is_verdict(session->home.linkset->verdict))
        session_bind_failed(session);
    refuse_bind(session, status, session->home.linkset->verdict == SMPP_ROK
                                     ? "no node can be reached" : "the nodes refuse it");
}

void
session_side_refused(struct branch *branch, uint32_t status)
{
    char spare[STATUS_TEXT_SIZE];

    log_limited(LOG_LEVEL_WARNING, session_label(branch->session),
                "not bound to a farm that routes lead to, tried again farm=%s status=%s "
                "detail=\"%s\"", branch->farm->conf->name, status_name(status, spare),
                branch->linkset->verdict == SMPP_ROK ? "no node can be reached" : "");
}

static void
side_bound(struct branch *branch)
{
    log_limited(LOG_LEVEL_INFO, session_label(branch->session), "bound to farm=%s nodes=%zu/%zu",
                branch->farm->conf->name, linkset_nodes_bound(branch->linkset),
                branch->farm->conf->node_count);
    on_linkset_room(branch->linkset);
}

static void
on_linkset_bound(struct linkset *linkset)
{
    struct branch *branch = linkset->owner;

    if (branch->index == 0)
        session_accept_bind(branch->session);
    else
        side_bound(branch);
}

static void
on_linkset_refused(struct linkset *linkset, uint32_t status)
{
    struct branch *branch = linkset->owner;

    if (branch->index == 0)
        session_refuse_bind(branch->session, status);
    else
        session_side_refused(branch, status);
}

static void
on_linkset_room(struct linkset *linkset)
{
    struct branch *branch = linkset->owner;

    upward_on_room(linkset);
    session_update_reading(branch->session);
}

static void
on_linkset_starved(struct linkset *linkset)
{
    upward_on_starved(linkset->owner);
}

static void
on_linkset_lost(struct linkset *linkset)
{
    const struct branch *branch = linkset->owner;

    if (branch->index == 0)
        log_limited(LOG_LEVEL_WARNING, session_label(branch->session),
                    "no node is left grace_ms=%u", linkset->farm->grace_ms);
    else
        log_limited(LOG_LEVEL_WARNING, session_label(branch->session),
                    "no node is left farm=%s", linkset->farm->name);
}

void
session_without_nodes(struct session *session)
{
    upward_refuse_held(session);
    if (session->state == SESSION_LEAVING || session->state == SESSION_DRAINING)
        session_check_drained(session);
    else
        session_drain(session, SESSION_END_NO_NODE);
}

static void
on_linkset_grace_over(struct linkset *linkset)
{
    struct branch *branch = linkset->owner;

    if (branch->index == 0)
        session_without_nodes(branch->session);
}

static void
tell_client(const struct linkset *linkset, struct addr *source, struct addr *dest)
{
    struct branch *branch = linkset->owner;

    session_tell_client(branch->session, source, dest);
}
