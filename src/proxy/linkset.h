/* SPDX-License-Identifier: ISC */
#ifndef PROXY_LINKSET_H
#define PROXY_LINKSET_H

#include <stdbool.h>

#include "conf/conf.h"
#include "proxy/account.h"
#include "proxy/link.h"
#include "proxy/proxy.h"
#include "proxy/request.h"
#include "smpp/bind.h"

/*
 * The links that carry a session's messages, or those of all sessions that share
 * it: one a node, or `links-per-node`. It binds to all nodes at once, gives the
 * verdict, keeps binding to those that come later, and places each request on a link
 * by the account's turns.
 */

enum linkset_state {
#define LINKSET_STATE(symbol, name, next) LINKSET_##symbol,
#include "proxy/linkset_state.def"
#undef LINKSET_STATE
};

struct linkset;
struct pool;

struct linkset_ops {
    /* Nodes have accepted the bind; linkset->bind_resp is the first one's answer. */
    void (*on_bound)(struct linkset *linkset);
    /* No node has; `status` is the first verdict, or ESME_RBINDFAIL where no node
     * could be reached. Unless the linkset is closed its links go on trying, and on_room
     * tells if one is bound. */
    void (*on_refused)(struct linkset *linkset, uint32_t status);
    /* A link may take requests that it couldn't before. */
    void (*on_room)(struct linkset *linkset);
    /* No link that is bound takes messages any more: none is, or only to nodes
     * without weight. */
    void (*on_starved)(struct linkset *linkset);
    /* No link is bound any more. */
    void (*on_lost)(struct linkset *linkset);
    /* None came back for `grace`. The links go on trying, as in on_refused. */
    void (*on_grace_over)(struct linkset *linkset);
    void (*on_request)(struct link *link, const struct pdu *pdu);
    void (*on_response)(struct link *link, const struct pdu *pdu, struct pending *pending);
    void (*on_expired)(struct link *link, struct pending *pending);
    /* The link is lost with these open requests, the oldest first; each is to
     * be taken from link->window. */
    void (*on_link_lost)(struct link *link, struct pending *pendings, uint32_t n);
    /* No session of the account has a link to this node any more. */
    void (*on_node_lost)(struct linkset *linkset, size_t node);
    /* On whose behalf nodes are connected to; not asked once it is closed. NULL: on
     * nobody's alone. */
    void (*tell_client)(const struct linkset *linkset, struct addr *source, struct addr *dest);
};

struct linkset {
    /* constant since birth */
    struct proxy *proxy;
    const struct conf_farm *farm;
    struct account *account;
    struct linkset *prev;           /* utlist, in account->linksets */
    struct linkset *next;
    const struct linkset_ops *ops;
    void *owner;                    /* a branch or the pool; NULL once it is closed */
    struct pool *pool;              /* of the sessions that share it; NULL: it is one's own */
    char label[24];
    uint32_t per_node;              /* links to each node */
    uint8_t *bind;                  /* the client's bind PDU */
    /* this thread's */
    enum linkset_state state;
    uint8_t *bind_resp;             /* the first bind_resp of a node, or NULL */
    uint32_t verdict;               /* the first refusal, or ESME_ROK */
    uint32_t unspoken;              /* links that have neither bound nor failed yet */
    uint32_t bound;                 /* links that are bound */
    uint32_t takers;                /* those of them whose node has weight */
    uint32_t open;                  /* links that have not ended */
    uint64_t starved_at_ms;         /* when the last taker was lost */
    uint64_t rests_until_ms;        /* of its links, the latest */
    ev_timer timer;
    struct grave grave;
    struct link **links;            /* NULL: could not be made, or has ended */
    size_t places;                  /* of links: per_node for each node, in the farm's order */
    size_t room;                    /* nodes that there is room for */
    uint32_t kept[BALANCE_KINDS];   /* turns of the account's, or BALANCE_NO_TURN */
    uint32_t turns;                 /* that it has had, which choose among the links to a node */
    uint64_t picked_at_us;          /* a link for a message, the last time */
};

/* Starts to bind to all nodes of the farm, `per_node` times to each; `entry` is the account's.
 * NULL: out of memory. */
MUST_USE struct linkset *
linkset_open(struct proxy *proxy, const struct conf_farm *farm, uint32_t per_node,
             const struct pdu *bind, struct registry_entry *entry, const char *label,
             const struct linkset_ops *ops, void *owner);

/* The owner is done with it: it unbinds its links and frees itself. */
void
linkset_close(struct linkset *linkset);

/* Closes at once, without a word to the nodes. */
void
linkset_abort(struct linkset *linkset);

/* The link for the next request by the balance rule, which takes it; NULL: every node is
 * down or its window full. */
struct link *
linkset_pick(struct linkset *linkset, enum balance_kind kind);

/* The same, but none that is at rest. */
struct link *
linkset_pick_rested(struct linkset *linkset);

/* The links to this node get no new messages for `rest`, as long as others take them. */
void
linkset_rest(struct linkset *linkset, size_t node);

/* For linkset_link_to. */
struct link *
linkset_link_among(const struct linkset *linkset, size_t node, uint64_t spread);

/* A bound link to this node, or else one that may come back; NULL: there is none. `spread`
 * chooses among several: always the same for the same number, as long as it is bound. */
static inline struct link *
linkset_link_to(const struct linkset *linkset, size_t node, uint64_t spread)
{
    return linkset->per_node == 1 ? linkset->links[node]
                                  : linkset_link_among(linkset, node, spread);
}

/* Nodes that it is bound to, for the log. */
size_t
linkset_nodes_bound(const struct linkset *linkset);

/* Stops and resumes reading from the nodes. */
void
linkset_pause(struct linkset *linkset);

void
linkset_resume(struct linkset *linkset);

/* Makes room for as many nodes as `next` has, and for those of the account's
 * balance. False: out of memory. */
MUST_USE bool
linkset_reserve(struct linkset *linkset, const struct conf_farm *next);

/* From here on `next` is the farm. Links to nodes that are new are opened; those
 * to nodes that are gone take no new messages, until linkset_retire. */
void
linkset_follow(struct linkset *linkset, const struct conf_farm *next);

/* Ends the link to a node that is to have none, or where it used to be. False: it can't
 * end yet, try again. */
MUST_USE bool
linkset_retire(struct linkset *linkset, size_t node);

/* The node is down, and its links are to be closed. */
void
linkset_drop(struct linkset *linkset, size_t node);

/* The node may have links again, or is elsewhere: those that rest try soon. */
void
linkset_wake(struct linkset *linkset, size_t node);

/* The share of a node has changed. */
void
linkset_on_share(struct linkset *linkset, size_t node);

#endif
