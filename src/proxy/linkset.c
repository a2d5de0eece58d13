/* SPDX-License-Identifier: ISC */
/*
 * The fan-out of a bind and what becomes of it. BINDING: no node has accepted
 * yet. GATHERING: one has, and the others get bind-gather to join, so that the
 * first messages already find all nodes. BOUND, LOST: at least one link is
 * bound, or none at the moment. REFUSED, ABANDONED: the owner is told, and closes unless it
 * can wait until a node takes the bind after all.
 */
#include "proxy/linkset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/linkset_inner.h"

static void on_link_bound(struct link *link, const struct pdu *resp);
static void on_link_failed(struct link *link, uint32_t status);
static void on_link_lost(struct link *link);
static void on_link_request(struct link *link, const struct pdu *pdu);
static void on_link_response(struct link *link, const struct pdu *pdu, struct pending *pending);
static void on_link_expired(struct link *link, struct pending *pending);
static void on_link_room(struct link *link);
static void on_link_closed(struct link *link);
static void tell_client(const struct link *link, struct addr *source, struct addr *dest);

static const struct link_ops link_ops = {
    .on_bound = on_link_bound,
    .on_failed = on_link_failed,
    .on_lost = on_link_lost,
    .on_request = on_link_request,
    .on_response = on_link_response,
    .on_expired = on_link_expired,
    .on_room = on_link_room,
    .on_closed = on_link_closed,
    .tell_client = tell_client,
};

#define TO(symbol) (1U << LINKSET_##symbol)
static const unsigned permitted[] = {
#define LINKSET_STATE(symbol, name, next) [LINKSET_##symbol] = (next),
#include "proxy/linkset_state.def"
#undef LINKSET_STATE
};

static const char *const state_names[] = {
#define LINKSET_STATE(symbol, name, next) name,
#include "proxy/linkset_state.def"
#undef LINKSET_STATE
};

static void
bury(struct grave *grave)
{
    struct linkset *linkset = container_of(grave, struct linkset, grave);

    free(linkset->bind);
    free(linkset->bind_resp);
    free(linkset->links);
    free(linkset);
}

/* The one place where the state changes. */
static void
enter(struct linkset *linkset, enum linkset_state state)
{
    struct loop *loop = linkset->proxy->loop;
    enum linkset_state was = linkset->state;

    ensure((permitted[was] & 1U << state) != 0);
    log_debug(linkset->label, "nodes %s -> %s", state_names[was], state_names[state]);
    linkset->state = state;
    loop_timer_stop(loop, &linkset->timer);
    switch (state) {
    case LINKSET_BINDING:
        break;
    case LINKSET_GATHERING:
        loop_timer_start(loop, &linkset->timer, linkset->farm->bind_gather_ms);
        break;
    case LINKSET_BOUND:
        if (was == LINKSET_GATHERING)
            linkset->ops->on_bound(linkset);
        break;
    case LINKSET_LOST:
        loop_timer_start(loop, &linkset->timer, linkset->farm->grace_ms);
        linkset->ops->on_lost(linkset);
        break;
    case LINKSET_REFUSED:
        linkset->ops->on_refused(linkset,
                                 linkset->verdict != SMPP_ROK ? linkset->verdict : SMPP_RBINDFAIL);
        break;
    case LINKSET_ABANDONED:
        linkset->ops->on_grace_over(linkset);
        break;
    case LINKSET_CLOSING:
        linkset->owner = NULL;
        break;
    }
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct linkset *linkset = timer->data;

    (void)ev;
    (void)revents;
    switch (linkset->state) {
    case LINKSET_BINDING:
        enter(linkset, LINKSET_REFUSED);
        break;
    case LINKSET_GATHERING:
        enter(linkset, LINKSET_BOUND);
        break;
    case LINKSET_LOST:
        enter(linkset, LINKSET_ABANDONED);
        break;
    case LINKSET_BOUND:
    case LINKSET_REFUSED:
    case LINKSET_ABANDONED:
    case LINKSET_CLOSING:
        break;
    }
}

/* A link has bound or failed for the first time: is the bind decided? */
static void
decide(struct linkset *linkset)
{
    if (linkset->state == LINKSET_BINDING && linkset->bound > 0)
        enter(linkset, LINKSET_GATHERING);
    if (linkset->unspoken > 0)
        return;
    if (linkset->state == LINKSET_BINDING)
        enter(linkset, LINKSET_REFUSED);
    else if (linkset->state == LINKSET_GATHERING)
        enter(linkset, LINKSET_BOUND);
}

/* A link says for the first time whether it can be bound. */
static void
count_spoken(struct linkset *linkset, struct link *link)
{
    if (link->has_spoken)
        return;
    link->has_spoken = true;
    linkset->unspoken--;
}

static void
keep_bind_resp(struct linkset *linkset, const struct pdu *resp)
{
    if (linkset->bind_resp != NULL)
        return;
    linkset->bind_resp = malloc(resp->length);
    if (linkset->bind_resp != NULL)
        memcpy(linkset->bind_resp, resp->bytes, resp->length);
}

static void
on_link_bound(struct link *link, const struct pdu *resp)
{
    struct linkset *linkset = link->owner;

    linkset->bound++;
    link->takes = has_weight(link);
    linkset->takers += link->takes;
    balance_link_bound(&linkset->account->balance, link->node);
    keep_bind_resp(linkset, resp);
    count_spoken(linkset, link);
    switch (linkset->state) {
    case LINKSET_BINDING:
    case LINKSET_GATHERING:
        decide(linkset);
        break;
    case LINKSET_BOUND:
    case LINKSET_LOST:
    case LINKSET_REFUSED:
    case LINKSET_ABANDONED:
        log_limited(LOG_LEVEL_INFO, linkset->label, "bound to node=%s nodes=%zu/%zu",
                    link_node_name(link), linkset_nodes_bound(linkset),
                    linkset->farm->node_count);
        if (linkset->state != LINKSET_BOUND)
            enter(linkset, LINKSET_BOUND);
        linkset->ops->on_room(linkset);
        break;
    case LINKSET_CLOSING:
        break;
    }
}

static void
on_link_failed(struct link *link, uint32_t status)
{
    struct linkset *linkset = link->owner;

    if (linkset->verdict == SMPP_ROK)
        linkset->verdict = status;
    count_spoken(linkset, link);
    decide(linkset);
}

/* A link that was bound isn't any more, for whatever reason. */
static void
count_out(struct linkset *linkset, struct link *link)
{
    ensure(linkset->bound > 0);
    linkset->bound--;
    if (link->takes && --linkset->takers == 0)
        linkset->starved_at_ms = loop_now_ms(linkset->proxy->loop);
    link->takes = false;
    balance_link_lost(&linkset->account->balance, link->node);
}

/* What waits for a node in other sessions of the account must not wait for ever. */
static void
tell_node_lost(struct account *account, size_t node)
{
    struct linkset *linkset, *next;

    if (account->balance.links[node] > 0)
        return;
    DL_FOREACH_SAFE(account->linksets, linkset, next)
        if (linkset->state == LINKSET_BOUND || linkset->state == LINKSET_LOST)
            linkset->ops->on_node_lost(linkset, node);
}

static void
on_link_lost(struct link *link)
{
    struct linkset *linkset = link->owner;
    struct account *account = linkset->account;
    uint32_t n;

    account->refs++;    /* its last session may end in here */
    count_out(linkset, link);
    if (linkset->takers == 0)
        linkset->ops->on_starved(linkset);
    if (linkset->state == LINKSET_BOUND && linkset->bound == 0)
        enter(linkset, LINKSET_LOST);
    n = window_line_up(&link->window);
    linkset->ops->on_link_lost(link, link->window.places, n);
    tell_node_lost(account, link->node);
    account_put(account);
    if (linkset->state == LINKSET_GATHERING && linkset->bound == 0) {
        enter(linkset, LINKSET_BINDING);
        decide(linkset);
    }
}

static void
on_link_request(struct link *link, const struct pdu *pdu)
{
    struct linkset *linkset = link->owner;

    linkset->ops->on_request(link, pdu);
}

static void
on_link_response(struct link *link, const struct pdu *pdu, struct pending *pending)
{
    struct linkset *linkset = link->owner;

    linkset->ops->on_response(link, pdu, pending);
}

static void
on_link_expired(struct link *link, struct pending *pending)
{
    struct linkset *linkset = link->owner;

    linkset->ops->on_expired(link, pending);
}

static void
on_link_room(struct link *link)
{
    struct linkset *linkset = link->owner;

    linkset->ops->on_room(linkset);
}

static void
tell_client(const struct link *link, struct addr *source, struct addr *dest)
{
    const struct linkset *linkset = link->owner;

    if (linkset->owner != NULL && linkset->ops->tell_client != NULL)
        linkset->ops->tell_client(linkset, source, dest);
}

static void
end(struct linkset *linkset)
{
    struct proxy *proxy = linkset->proxy;

    DL_DELETE(linkset->account->linksets, linkset);
    account_put(linkset->account);
    proxy->linkset_count--;
    loop_bury(proxy->loop, &linkset->grave, bury);
    proxy_check_empty(proxy);
}

void
linkset_open_link(struct linkset *linkset, size_t place, enum link_start start)
{
    size_t node = place / linkset->per_node;
    struct farm_node *at = linkset->account->farm->nodes[node];
    struct link *link;

    if (linkset->farm->nodes[node].gone)
        return;
    link = link_open(linkset->proxy, at, start, linkset->bind, linkset->label, &link_ops,
                     linkset);
    linkset->links[place] = link;
    if (link == NULL)
        return;
    link->window.sum = &linkset->account->balance.open[node];
    at->counts.links++;
    linkset->open++;
    link->has_spoken = link->state == LINK_RESTING;
    linkset->unspoken += !link->has_spoken;
}

/* Of nodes that nobody checks but the traffic, the one that seems to be down may be back. */
static bool
may_try(const struct linkset *linkset, size_t node)
{
    const struct conf_node *conf = &linkset->farm->nodes[node];
    const struct farm_node *at = linkset->account->farm->nodes[node];
    size_t checks;

    (void)conf_node_checks(linkset->farm, conf, &checks);
    return checks == 0 && !at->status.retires && at->status.addr.len > 0;
}

/* To all nodes that are up; to those that may be where none is. */
static void
open_links(struct linkset *linkset)
{
    const struct farm *farm = linkset->account->farm;
    bool trial = true;
    size_t i;

    for (i = 0; i < linkset->farm->node_count; i++)
        trial = trial && !farm->nodes[i]->status.connects;
    for (i = 0; i < linkset->places; i++)
        linkset_open_link(linkset, i, trial && may_try(linkset, i / linkset->per_node)
                                          ? LINK_TRIAL : LINK_AT_ONCE);
}

static void
on_link_closed(struct link *link)
{
    struct linkset *linkset = link->owner;
    size_t place = link->node * linkset->per_node;

    while (linkset->links[place] != link)
        place++;
    linkset->links[place] = NULL;
    link->at->counts.links--;
    linkset->open--;
    if (linkset->state != LINKSET_CLOSING)
        linkset_open_link(linkset, place, LINK_SOON);   /* where it is now, or when it is back */
    if (linkset->open == 0)
        end(linkset);
}

struct linkset *
linkset_open(struct proxy *proxy, const struct conf_farm *farm, uint32_t per_node,
             const struct pdu *bind, struct registry_entry *entry, const char *label,
             const struct linkset_ops *ops, void *owner)
{
    struct linkset *linkset = calloc(1, sizeof(*linkset));
    const struct conf_farm *next = proxy_next_farm(proxy, farm);
    size_t room = next != NULL ? next->node_count : farm->node_count;
    struct bind facts;

    if (linkset == NULL || !bind_parse(bind, &facts))
        goto failed;
    linkset->kept[BALANCE_MESSAGES] = linkset->kept[BALANCE_SETS] = BALANCE_NO_TURN;
    linkset->bind = malloc(bind->length);
    linkset->links = calloc(room * per_node, sizeof(*linkset->links));
    linkset->per_node = per_node;
    linkset->places = farm->node_count * per_node;
    linkset->room = room;
    linkset->account = account_get(proxy, farm, facts.system_id, entry);
    if (linkset->bind == NULL || linkset->links == NULL || linkset->account == NULL)
        goto failed;
    memcpy(linkset->bind, bind->bytes, bind->length);
    linkset->proxy = proxy;
    linkset->farm = farm;
    linkset->ops = ops;
    linkset->owner = owner;
    snprintf(linkset->label, sizeof(linkset->label), "%s", label);
    ev_init(&linkset->timer, on_timer);
    linkset->timer.data = linkset;
    linkset->open = 1;      /* ours, until the last link is closed */
    DL_APPEND(linkset->account->linksets, linkset);
    proxy->linkset_count++;
    open_links(linkset);
    if (linkset->unspoken == 0)
        loop_timer_start(proxy->loop, &linkset->timer, 0);  /* the verdict, but not yet */
    return linkset;

failed:
    if (linkset != NULL && linkset->account != NULL)
        account_put(linkset->account);
    if (linkset != NULL)
        bury(&linkset->grave);
    return NULL;
}

static void
close_links(struct linkset *linkset, void (*close_link)(struct link *))
{
    struct link *link;
    bool was_bound;
    size_t i;

    enter(linkset, LINKSET_CLOSING);
    for (i = 0; i < linkset->places; i++) {
        link = linkset->links[i];
        if (link == NULL)
            continue;
        was_bound = link->state == LINK_BOUND;
        if (was_bound)
            count_out(linkset, link);
        close_link(link);
        if (was_bound)
            tell_node_lost(linkset->account, i / linkset->per_node);
    }
    if (--linkset->open == 0)
        end(linkset);
}

void
linkset_close(struct linkset *linkset)
{
    close_links(linkset, link_close);
}

void
linkset_abort(struct linkset *linkset)
{
    close_links(linkset, link_abort);
}

void
linkset_pause(struct linkset *linkset)
{
    size_t i;

    for (i = 0; i < linkset->places; i++)
        if (linkset->links[i] != NULL)
            conn_pause(&linkset->links[i]->conn);
}

void
linkset_resume(struct linkset *linkset)
{
    size_t i;

    for (i = 0; i < linkset->places; i++)
        if (linkset->links[i] != NULL)
            conn_resume(&linkset->links[i]->conn);
}
