/* SPDX-License-Identifier: ISC */
#ifndef PROXY_UPWARD_INNER_H
#define PROXY_UPWARD_INNER_H

#include "proxy/upward.h"

/* What upward.c, held.c, loss.c and pool_up.c share, and nobody else uses. */

/* The branch that a request takes; NULL: its session has ended, or lets its links go. */
static inline struct branch *
upward_branch(const struct proxy *proxy, struct handle from, const struct request *request)
{
    struct session *session = handle_object(&proxy->session_table, from);
    struct branch *branch = session != NULL ? session_branch(session, request->branch) : NULL;

    return branch != NULL && branch->linkset != NULL ? branch : NULL;
}

/* Answers it here, and frees it. `why` as of session_answer. */
void
upward_refuse(struct session *session, struct request *request, uint32_t status,
              const char *why);

void
upward_refuse_busy(struct branch *branch, struct request *request, const char *why);

/* The link takes requests. */
void
upward_send(struct branch *branch, struct link *link, struct request *request);

/* Sends it, has it wait for its link, or answers it. False: it must be held. A tour may have
 * gone on to another branch, which request->branch tells. */
MUST_USE bool
upward_dispatch(struct branch *branch, struct request *request);

/* The same where the account's rate allows it. */
MUST_USE bool
upward_try(struct branch *branch, struct request *request);

/* An account that is delayed by its rate passes nothing for so long, then all that it may. */
#define RATE_PAUSE_US 8000

/* How many milliseconds its sessions' turns are spread over after that. */
#define RATE_TURNS 8

/* When a branch that its account's rate delays is to try again, in ms. All have another turn
 * each time, or always the same one would get all. */
uint64_t
held_rate_due(const struct branch *branch);

/* Requests of the session have gone on: it may be read again, or be done. */
static inline void
upward_relieve(struct session *session)
{
    if (session->state != SESSION_BOUND)
        session_check_drained(session);
    if (session->conn.paused || conn_is_full(&session->conn))
        session_update_reading(session);
}

/* Holds it, behind all others of its branch. */
void
held_append(struct session *session, struct request *request);

/* Holds it, in front of all others. */
void
held_prepend(struct branch *branch, struct request *request);

/* On a farm without nodes: of what is held the newest is answered with busy-status, until the
 * client can be read for the others that it has. */
void
held_trim(struct branch *branch);

/* Tries the first that is held. False: it stays. */
MUST_USE bool
held_serve_one(struct branch *branch);

/* Puts it behind what waits for this link already. */
void
held_wait_for(struct branch *branch, struct link *link, struct request *request);

/* Sends what waits for the link, as far as it takes it. */
void
held_serve_link(struct link *link);

/* What waits for the link goes in front of what its sessions hold, in the old order. */
void
held_put_back(struct link *link);

/* A place in the link's window is free: serves whoever shares its linkset. */
void
held_on_place(struct link *link);

#endif
