/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_SESSION_H
#define TOOLS_LOAD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "net/conn.h"
#include "smpp/pdu.h"
#include "tools/load_options.h"
#include "tools/load_queue.h"
#include "tools/load_window.h"

struct load_session;

enum load_session_state {
    LOAD_CLOSED,        /* never opened, or ended for good */
    LOAD_CONNECTING,
    LOAD_BINDING,
    LOAD_BOUND,
    LOAD_LEAVING,       /* the node has unbound us; open requests may still be answered */
    LOAD_UNBINDING,     /* we have unbound and wait for the response */
    LOAD_WAITING,       /* for the next attempt, after a back-off */
};

struct load_session_ops {
    /* Bound, or the first attempt has failed. */
    void (*on_settled)(struct load_session *session);
    /* The node has refused the bind. */
    void (*on_refused)(struct load_session *session, uint32_t status);
    /* A submit_sm or follow-up was answered. */
    void (*on_answer)(struct load_session *session, const struct load_open *open,
                      const struct pdu *pdu);
    /* A response that answers nothing, or something for the second time. */
    void (*on_stray)(struct load_session *session, enum load_match match, const struct pdu *pdu);
    /* A deliver_sm or data_sm; returns the status to answer it with. */
    uint32_t (*on_message)(struct load_session *session, const struct pdu *pdu);
    /* Something came, or there is room again: more may be sent. */
    void (*on_ready)(struct load_session *session);
    /* A submit_sm or follow-up will not be answered any more. */
    void (*on_unanswered)(struct load_session *session, const struct load_open *open);
    /* The connection has ended; `asked`: because we unbound. `why` in words. */
    void (*on_closed)(struct load_session *session, bool asked, const char *why);
};

/*
 * One connection: it binds, keeps its window, answers what the node asks, and
 * unbinds. What is sent and what an answer means is the owner's affair.
 */
struct load_session {
    /* constant since load_session_init */
    const struct load_options *options;
    const struct load_session_ops *ops;
    void *owner;
    const struct load_target *target;
    const struct load_account *account;
    uint16_t account_index;
    uint32_t bind_command;

    struct conn conn;
    enum load_session_state state;
    bool has_settled;
    bool was_bound;             /* since it was opened */
    bool enquiring;             /* an enquire_link is open */
    uint64_t back_off_ms;
    uint64_t now_ns;            /* when the octets that are handled now were read */
    ev_timer timer;             /* bind, enquire_link, unbind, back-off: one at a time */
    ev_timer slow;              /* reading goes on, with --read-slow */
    struct load_window window;
    struct load_queue queue;    /* parts to be sent here and nowhere else */
};

/* False: no memory. */
MUST_USE bool
load_session_init(struct load_session *session, struct loop *loop,
                  const struct load_options *options, const struct load_session_ops *ops,
                  void *owner);

void
load_session_fini(struct load_session *session);

/* Begins to connect and bind; on_settled follows. */
void
load_session_open(struct load_session *session);

/* Unbinds and waits for the response; on_closed follows, unless it is closed. */
void
load_session_unbind(struct load_session *session);

/* Ends it at once; what is open counts as unanswered. Fine when closed. */
void
load_session_close(struct load_session *session);

/* May it ever carry submit_sm? */
static inline bool
load_session_is_sender(const struct load_session *session)
{
    return session->bind_command != SMPP_BIND_RECEIVER;
}

/* Bound, with room in its window and buffer? */
static inline bool
load_session_has_room(const struct load_session *session)
{
    return session->state == LOAD_BOUND && session->window.open < session->options->window &&
           !conn_is_full(&session->conn);
}

/*
 * Room for a request of `length` octets that counts towards the window; *open
 * is its slot, with number and command set. NULL: no memory; the session is closed.
 */
MUST_USE uint8_t *
load_session_request(struct load_session *session, uint32_t command, size_t length,
                     struct load_open **open);

#endif
