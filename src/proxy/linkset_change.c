/* SPDX-License-Identifier: ISC */
/* What changes under a linkset that is there: its farm's configuration, a node's status. */
#include <stdlib.h>
#include <string.h>

#include "proxy/linkset_inner.h"

#define REFUSE_MS 500       /* a link to be retired is looked at again before */

bool
linkset_reserve(struct linkset *linkset, const struct conf_farm *next)
{
    struct link **links = linkset->links;
    size_t i;

    if (next->node_count > linkset->room) {
        links = calloc(next->node_count * linkset->per_node, sizeof(*links));
        if (links != NULL) {
            memcpy(links, linkset->links, linkset->places * sizeof(*links));
            free(linkset->links);
            linkset->links = links;
            linkset->room = next->node_count;
        }
    }
    for (i = 0; i < linkset->places; i++)
        if (linkset->links[i] != NULL)
            linkset->links[i]->window.sum =
                &linkset->account->balance.open[i / linkset->per_node];
    return links != NULL;
}

/* Weights may have changed: how many of the bound links take messages? */
static void
count_takers(struct linkset *linkset)
{
    uint32_t before = linkset->takers;
    struct link *link;
    size_t i;

    linkset->takers = 0;
    for (i = 0; i < linkset->places; i++) {
        link = linkset->links[i];
        if (link == NULL)
            continue;
        link->takes = link->state == LINK_BOUND && has_weight(link);
        linkset->takers += link->takes;
    }
    if (linkset->state != LINKSET_BOUND)
        return;
    if (before > 0 && linkset->takers == 0) {
        linkset->starved_at_ms = loop_now_ms(linkset->proxy->loop);
        linkset->ops->on_starved(linkset);
    } else if (before == 0 && linkset->takers > 0) {
        linkset->ops->on_room(linkset);
    }
}

/* Can a link that isn't bound be closed? Not while the bind's verdict or requests
 * wait for it. */
static bool
is_idle(const struct link *link)
{
    return link->has_spoken && link->waiting.first == NULL;
}

void
linkset_follow(struct linkset *linkset, const struct conf_farm *next)
{
    struct link *link;
    size_t i;

    linkset->farm = next;
    linkset->places = next->node_count * linkset->per_node;
    for (i = 0; i < linkset->places; i++) {
        link = linkset->links[i];
        if (link != NULL)
            link_follow(link, next);
        if (linkset->state == LINKSET_CLOSING)
            continue;
        if (link == NULL)
            linkset_open_link(linkset, i, LINK_SOON);
        else if (next->nodes[link->node].gone && link->state != LINK_BOUND && is_idle(link))
            link_close(link);
    }
    if (linkset->state != LINKSET_CLOSING)
        count_takers(linkset);
}

/* True: there is nothing to be done any more. */
static bool
retire(struct linkset *linkset, size_t place)
{
    struct link *link = linkset->links[place];

    if (link == NULL || linkset->state == LINKSET_CLOSING ||
        !farm_node_retires(link->at, link->moves))
        return true;
    switch (link->state) {
    case LINK_BOUND:
        if (link->window.open == 0 && link->deliveries == 0)
            link_retire(link);
        else if (link->window.open == 0)
            link->refuses_until_ms = loop_now_ms(link->proxy->loop) + REFUSE_MS;
        break;
    case LINK_RESTING:
        if (!linkset->farm->nodes[link->node].gone)
            return true;    /* the next connection goes where the node is then */
        /* fall through */
    case LINK_CONNECTING:
    case LINK_BINDING:
    case LINK_ENDING:
        if (is_idle(link))
            link_close(link);
        break;
    case LINK_UNBINDING:
    case LINK_CLOSED:
        return true;
    }
    return linkset->links[place] != link || link->state == LINK_UNBINDING;
}

bool
linkset_retire(struct linkset *linkset, size_t node)
{
    bool all = true;
    uint32_t i;

    for (i = 0; i < linkset->per_node; i++)
        all = retire(linkset, node * linkset->per_node + i) && all;
    return all;
}

static void
for_each_link(struct linkset *linkset, size_t node, void (*call)(struct link *link))
{
    struct link *link;
    uint32_t i;

    for (i = 0; i < linkset->per_node && linkset->state != LINKSET_CLOSING; i++) {
        link = linkset->links[node * linkset->per_node + i];
        if (link != NULL)
            call(link);
    }
}

void
linkset_drop(struct linkset *linkset, size_t node)
{
    for_each_link(linkset, node, link_drop);
}

void
linkset_wake(struct linkset *linkset, size_t node)
{
    for_each_link(linkset, node, link_wake);
}

void
linkset_on_share(struct linkset *linkset, size_t node)
{
    (void)node;
    if (linkset->state != LINKSET_CLOSING)
        count_takers(linkset);
}
