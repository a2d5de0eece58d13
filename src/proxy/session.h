/* SPDX-License-Identifier: ISC */
#ifndef PROXY_SESSION_H
#define PROXY_SESSION_H

#include <stdbool.h>

#include "base/addr.h"
#include "conf/conf.h"
#include "net/conn.h"
#include "proxy/branch.h"
#include "proxy/gate.h"
#include "proxy/linkset.h"
#include "proxy/proxy.h"
#include "proxy/request.h"
#include "route/window.h"
#include "smpp/pdu.h"

/*
 * One client connection and all that belongs to it, from accept to close
 * (SMPP v3.4 §2.2). Here are its states, its timer and the PDUs that are its own
 * affair; messages pass through upward.c and downward.c.
 */

enum session_state {
#define SESSION_STATE(symbol, name, next) SESSION_##symbol,
#include "proxy/session_state.def"
#undef SESSION_STATE
};

enum session_end {
#define SESSION_END(symbol, words) SESSION_END_##symbol,
#include "proxy/session_end.def"
#undef SESSION_END
};

#define SESSION_NAME_SIZE 40

struct session {
    /* constant since birth */
    struct proxy *proxy;
    const struct conf_listener *listener;
    uint64_t id;
    uint64_t accepted_at_ms;
    struct handle handle;
    struct addr peer;               /* the client, by a PROXY header if there was one */
    struct addr local;              /* where it has connected to; len 0: ask the descriptor */
    struct gate_pass pass;
    /* constant since its bind */
    char system_id[SESSION_NAME_SIZE];  /* for the log: escaped, cut */
    uint32_t bind_command;
    uint32_t bind_number;
    uint8_t interface_version;
    uint8_t bound_state;            /* enum smpp_in: what its bind asked for */
    struct registry_entry *entry;   /* its account's, referred to until it ends */
    /* this thread's */
    enum session_state state;
    enum session_end end;           /* why it ends, once it does */
    struct conn conn;
    ev_timer timer;
    uint64_t watch_due_ms;          /* when the timer fires while bound or draining */
    /* upward */
    struct branch home;
    struct steps *steps;            /* NULL: all goes home */
    struct steps *next_steps;       /* while a change is prepared, or NULL */
    struct branch **others;         /* its further branches */
    uint32_t other_count;
    uint32_t in_flight;             /* requests open on links */
    uint32_t sent_in;               /* the span of its last request, by proxy->senders */
    uint32_t unbind_number;         /* of the client's unbind, while it is leaving */
    /* downward */
    struct window window;
    struct request_list held_down;  /* requests that wait for the client's window */
    bool links_paused;
    bool awaits_header;             /* of the PROXY protocol */
    bool out_of_memory;             /* it ends as soon as nothing is under way */
    uint32_t own_number;            /* of our open enquire_link or unbind; 0: none */
    uint64_t enquire_sent_ms;
    /* for its last log line */
    uint64_t active_at_ms;          /* when a PDU that is no enquire_link came last */
    uint64_t requests;
    uint64_t responses;
    uint64_t deliveries;
    uint64_t bytes_in;
    char end_detail[128];
    struct session *prev;           /* utlist, in proxy->sessions */
    struct session *next;
    struct grave grave;
};

/* Takes a connection that was accepted; closes fd where it can't. */
void
session_accept(struct proxy *proxy, const struct conf_listener *listener, int fd,
               const struct addr *peer);

/* We want it to end: what is open gets its responses, then it is unbound. */
void
session_drain(struct session *session, enum session_end end);

/* Answers all that is open, both ways, as not done or in doubt. */
void
session_give_up(struct session *session);

/* Ends it at once; nothing may be open. */
void
session_abort(struct session *session);

/* "c12 acme@192.0.2.7:40112"; valid until the thread asks for the next. */
const char *
session_label(const struct session *session);

/*
 * For upward.c and downward.c.
 */

/* Its branch of that index. */
static inline struct branch *
session_branch(struct session *session, uint32_t index)
{
    return index == 0 ? &session->home : session->others[index - 1];
}

/* Does anything wait for a node? */
bool
session_holds(struct session *session);

/* Octets of memory that it takes. */
size_t
session_held_bytes(struct session *session);

/* Room for n octets to the client. NULL: out of memory; the session ends behind
 * this batch. */
MUST_USE uint8_t *
session_put(struct session *session, size_t n);

/* Answers a request of the client's with a header alone (SMPP v3.3: and an
 * empty message_id). `why` is for who traces it: a literal, or NULL. */
void
session_answer(struct session *session, uint32_t command, uint32_t status, uint32_t number,
               const char *why);

/* Stops or resumes reading from the client and from the nodes, by what waits. */
void
session_update_reading(struct session *session);

/* A request has left: goes on where the session waits for the last one. */
void
session_check_drained(struct session *session);

/* Looks after what may be due by then. */
void
session_watch_by(struct session *session, uint64_t due_ms);

#endif
