/* SPDX-License-Identifier: ISC */
/*
 * An account lives on one worker, whichever one its clients' connections came to. A
 * session finds its account with its bind, and moves before anything of the bind was
 * done.
 */
#include "proxy/session_move.h"

#include <stdlib.h>

#include "base/log.h"
#include "proxy/registry.h"
#include "proxy/session_inner.h"
#include "smpp/bind.h"

/* Refers to its account; what isn't a bind, or can't be read, has none. */
static void
find_account(struct session *session, const struct pdu *pdu)
{
    struct proxy *proxy = session->proxy;
    struct bind bind;

    if (session->entry == NULL && command_bound_state(pdu->command) != 0 && bind_parse(pdu, &bind))
        session->entry = registry_get(proxy->registry, session->listener->farm->group,
                                      bind.system_id, proxy->worker);
}

bool
session_moves(struct session *session, const struct pdu *pdu, size_t n)
{
    struct proxy *proxy = session->proxy;
    struct session_move *move;

    find_account(session, pdu);
    if (session->entry == NULL || registry_worker(session->entry) == proxy->worker)
        return false;
    move = calloc(1, sizeof(*move));
    if (move != NULL)
        move->cargo = conn_detach(&session->conn, pdu->bytes, n);
    if (move == NULL || move->cargo == NULL) {
        free(move);
        session->end = SESSION_END_NO_MEMORY;
        session_enter(session, SESSION_CLOSED);
        return true;
    }
    move->listener = session->listener;
    move->worker = registry_worker(session->entry);
    move->entry = session->entry;
    move->id = session->id;
    move->peer = session->peer;
    move->local = session->local;
    move->pass = session->pass;
    session->pass = (struct gate_pass){0};
    move->accepted_at_ms = session->accepted_at_ms;
    move->bytes_in = session->bytes_in;
    session->entry = NULL;
    session->end = SESSION_END_MOVED;
    session_enter(session, SESSION_CLOSED);
    proxy->counters.sessions_moved++;
    proxy->on_move(proxy, move);
    return true;
}

void
session_arrive(struct proxy *proxy, struct session_move *move)
{
    struct session *session = session_new(proxy, move->listener, &move->peer);
    uint64_t due = move->accepted_at_ms + move->listener->bind_timeout_ms, now;

    if (session == NULL) {
        session_move_drop(proxy->registry, move);
        return;
    }
    now = session_now_ms(session);
    session->id = move->id;
    session->local = move->local;
    session->pass = move->pass;
    session->entry = move->entry;
    session->accepted_at_ms = move->accepted_at_ms;
    session->bytes_in = move->bytes_in;
    log_debug(session_label(session), "moved here worker=%u", proxy->worker + 1);
    loop_timer_start(proxy->loop, &session->timer, due > now ? due - now : 0);
    conn_attach(&session->conn, move->cargo);
    free(move);
}

void
session_move_drop(struct registry *registry, struct session_move *move)
{
    gate_leave(&move->pass, 0);
    conn_cargo_free(move->cargo);
    registry_put(registry, move->entry);
    free(move);
}
