/* SPDX-License-Identifier: ISC */
#ifndef PROXY_LINK_H
#define PROXY_LINK_H

#include <stdbool.h>

#include "conf/conf.h"
#include "net/conn.h"
#include "proxy/farm.h"
#include "proxy/proxy.h"
#include "proxy/request.h"
#include "route/window.h"
#include "smpp/pdu.h"

/*
 * One bound SMPP session from us to a node. It connects, binds, keeps itself
 * alive, and opens anew with growing pauses for as long as its linkset wants it.
 * It knows nothing of sessions: what comes goes to its owner by link_ops.
 */

enum link_state {
#define LINK_STATE(symbol, name, next) LINK_##symbol,
#include "proxy/link_state.def"
#undef LINK_STATE
};

enum link_loss {
#define LINK_LOSS(symbol, words, fault) LINK_LOSS_##symbol,
#include "proxy/link_loss.def"
#undef LINK_LOSS
};

struct link;

struct link_ops {
    /* The node has accepted the bind; `resp` is its answer. */
    void (*on_bound)(struct link *link, const struct pdu *resp);
    /* It could not be bound: refused with `status`, or (ESME_ROK) no answer was
     * to be had. It tries again by itself. */
    void (*on_failed)(struct link *link, uint32_t status);
    /* It was bound and is no longer. Its pendings stand in link->window, to be
     * lined up and taken, and behind them what is waiting; it tries again by itself. */
    void (*on_lost)(struct link *link);
    /* A request of the node's that isn't the link's own affair. */
    void (*on_request)(struct link *link, const struct pdu *pdu);
    /* The answer to one of our requests; the owner takes the pending. */
    void (*on_response)(struct link *link, const struct pdu *pdu, struct pending *pending);
    /* A pending's response-timeout is over; the owner takes it. */
    void (*on_expired)(struct link *link, struct pending *pending);
    /* The out buffer has room again. */
    void (*on_room)(struct link *link);
    /* After link_close: it has ended for good and is freed behind this batch. */
    void (*on_closed)(struct link *link);
    /* On whose behalf it connects; left as they are: on our own. */
    void (*tell_client)(const struct link *link, struct addr *source, struct addr *dest);
};

struct link {
    /* constant since birth */
    struct proxy *proxy;
    const struct link_ops *ops;
    void *owner;
    const struct conf_farm *farm;
    size_t node;                    /* index in the farm */
    struct farm_node *at;           /* the same */
    struct handle handle;
    const uint8_t *bind;            /* the client's own bind PDU; the owner's */
    const char *label;              /* the owner's */
    /* this thread's */
    enum link_state state;
    bool takes;                     /* the owner's: one of its takers */
    bool has_spoken;                /* the owner's: has bound or failed once */
    struct conn conn;
    ev_timer timer;
    struct window window;
    uint32_t deliveries;            /* the node's requests that it awaits a response to */
    uint64_t refuses_until_ms;      /* further ones, until then: it is to be retired */
    struct request_list waiting;    /* requests for this node alone, until its window has room */
    uint32_t bind_number;           /* sequence_numbers of our own requests; 0: none open */
    uint32_t enquire_number;
    uint64_t enquire_sent_ms;
    uint32_t unbind_number;
    uint64_t backoff_ms;            /* the next pause */
    uint64_t opened_at_ms;
    uint64_t bound_at_ms;
    uint64_t lost_at_ms;            /* or opened, and not bound since */
    uint64_t rests_until_ms;        /* gets no new messages until then, if others do */
    uint32_t moves;                 /* of the node, when this connection was opened */
    enum link_loss told;            /* the last failure that was logged, */
    bool has_told;                  /* if there was one since it was bound */
    struct grave grave;
};

enum link_start {
    LINK_AT_ONCE,       /* if the node's status allows links */
    LINK_TRIAL,         /* whatever it says */
    LINK_SOON,          /* as LINK_AT_ONCE, but not all sessions' in the same instant */
};

/*
 * Begins to connect; where the node's status does not allow it, the link rests until it
 * does (link_wake). NULL: out of memory. `bind`, a whole bind PDU, and `owner_label`, for
 * the log, stay valid as long as the link.
 */
MUST_USE struct link *
link_open(struct proxy *proxy, struct farm_node *at, enum link_start start, const uint8_t *bind,
          const char *owner_label, const struct link_ops *ops, void *owner);

/* The node's status allows links now: one that rests for the want of that tries soon. */
void
link_wake(struct link *link);

/* The node is down: the link is lost, if it is bound or about to be. */
void
link_drop(struct link *link);

/* Unbinds where it is bound, then closes; on_closed tells the end. What is open
 * in its window is forgotten. Once only. */
void
link_close(struct link *link);

/* The node is to be used no longer: it is told so (on_lost, within the call), and on_closed
 * tells the end. The link is bound, and nothing is open on it in either direction. */
void
link_retire(struct link *link);

/* From here on `farm` is the node's; the node has kept its place in it. */
void
link_follow(struct link *link, const struct conf_farm *farm);

/* Closes at once, without a word to the node; on_closed follows within the call. */
void
link_abort(struct link *link);

static inline bool
link_takes_requests(const struct link *link)
{
    return link->state == LINK_BOUND && !window_is_full(&link->window) &&
           !conn_is_full(&link->conn) && link->moves == link->at->moves;
}

static inline const char *
link_node_name(const struct link *link)
{
    return link->farm->nodes[link->node].name;
}

/* Sends a request and keeps it in the window; it is the link's from then on.
 * False: out of memory, and nothing has changed. The link takes requests. */
MUST_USE bool
link_send(struct link *link, struct request *request);

/* Sends n octets as they are but for the sequence_number. False: it can't, and
 * the link is lost. */
bool
link_pass(struct link *link, const uint8_t *bytes, size_t n, uint32_t number);

/* Answers a request of the node's with a header alone. `why` is for who traces it: a
 * literal, or NULL. */
void
link_answer(struct link *link, uint32_t command, uint32_t status, uint32_t number,
            const char *why);

#endif
