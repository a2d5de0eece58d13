/* SPDX-License-Identifier: ISC */
/*
 * What becomes of the requests that were open when their link was lost, or when their
 * session is given up.
 */
#include "proxy/place.h"
#include "proxy/pool.h"
#include "proxy/tap.h"
#include "proxy/upward_inner.h"

/* The responses that still come find nobody. */
static void
give_up(struct session *session, struct window *window)
{
    struct pending *pending;
    uint32_t i;

    for (i = 0; i < window->size; i++) {
        pending = &window->places[i];
        if (pending->number == 0 || !handle_equal(pending->from, session->handle))
            continue;
        session_answer(session, pending->command, SMPP_RSYSERR, pending->their_number,
                       "smpplex ends, and what became of it is not known");
        pending->from = (struct handle){0, 0};
        session->in_flight--;
    }
}

static void
give_up_branch(const struct branch *branch)
{
    struct linkset *linkset = branch->linkset;
    size_t i;

    for (i = 0; linkset != NULL && i < linkset->places && branch->session->in_flight > 0; i++)
        if (linkset->links[i] != NULL)
            give_up(branch->session, &linkset->links[i]->window);
}

void
upward_give_up(struct session *session)
{
    uint32_t i;

    for (i = 0; i <= session->other_count; i++)
        give_up_branch(session_branch(session, i));
}

/* May it go to another node? `written`: the lost one may have seen some of it. */
static bool
may_move(const struct conf_farm *farm, struct request *request, bool written)
{
    switch (farm->redispatch) {
    case CONF_REDISPATCH_ALL:
        break;
    case CONF_REDISPATCH_UNSENT:
        if (written)
            return false;
        break;
    case CONF_REDISPATCH_NONE:
        return false;
    }
    return request->moves++ < farm->redispatch_max;
}

/* Takes all pendings out of the window; those to be moved come into *moving,
 * the rest into *refused, the oldest first. */
static void
detach(struct link *link, struct pending *pendings, uint32_t n, struct request_list *moving,
       struct request_list *refused)
{
    struct counters *counters = &link->proxy->counters;
    struct request *request;
    struct branch *branch;
    uint32_t i, number;
    bool written;

    link->at->counts.lost += n;
    for (i = 0; i < n; i++) {
        request = pendings[i].request;
        /* What a link that ends in order has not written yet, it still does. */
        written = link->conn.state != CONN_CLOSED ||
                  pendings[i].queued < conn_written(&link->conn);
        number = pendings[i].number;
        window_take(&link->window, &pendings[i], WINDOW_FAILED_OVER);
        branch = upward_branch(link->proxy, pendings[i].from, request);
        if (branch == NULL) {
            request_free(&link->proxy->loop->slab, request);    /* nobody waits for it */
            continue;
        }
        if (may_move(link->farm, request, written)) {
            if (tap_is_on(link->proxy))
                tap_request(branch, request, link, number,
                            "its link was lost: it goes to another");
            request_list_append(moving, request);
            counters->moved++;
            request->lost_at = written ? (uint16_t)link->node : REQUEST_NOT_LOST;
        } else {
            request_list_append(refused, request);
        }
    }
}

/* What may not be moved; of a lost node's own ids nobody else can say anything. */
static void
refuse_lost(struct branch *branch, struct request *request)
{
    if (request->rule == REQUEST_NODE)
        upward_refuse(branch->session, request, place_failure(request),
                      "only the node that was lost could answer it");
    else
        upward_refuse_busy(branch, request, "its link was lost, and it may not be sent again");
}

/* What is moved goes in front of what its branch holds, in the old order. */
static void
hold_again(struct link *link, struct request_list *moving)
{
    struct request *request;
    struct branch *branch;

    while (moving->first != NULL) {
        request = request_list_pop(moving);
        branch = upward_branch(link->proxy, request->from, request);
        branch->session->in_flight--;
        held_prepend(branch, request);
    }
}

static void
refuse_all(struct link *link, struct request_list *refused)
{
    struct request *request;
    struct branch *branch;

    while (refused->first != NULL) {
        request = request_list_shift(refused);
        branch = upward_branch(link->proxy, request->from, request);
        branch->session->in_flight--;
        refuse_lost(branch, request);
        if (branch->member != NULL)
            upward_relieve(branch->session);
    }
}

static void
serve(struct linkset *linkset)
{
    if (linkset->pool != NULL)
        pool_serve(linkset->pool);
    else
        upward_serve(linkset->owner);
}

void
upward_on_link_lost(struct link *link, struct pending *pendings, uint32_t n)
{
    struct request_list moving = {NULL, 0}, refused = {NULL, 0};

    detach(link, pendings, n, &moving, &refused);
    held_put_back(link);
    hold_again(link, &moving);
    refuse_all(link, &refused);
    serve(link->owner);
}

void
upward_on_node_lost(struct linkset *linkset, size_t node)
{
    bool waited = false;
    struct link *link;
    uint32_t i;

    for (i = 0; i < linkset->per_node; i++) {
        link = linkset->links[node * linkset->per_node + i];
        if (link == NULL || link->waiting.first == NULL)
            continue;
        held_put_back(link);
        waited = true;
    }
    if (waited)
        serve(linkset);
}
