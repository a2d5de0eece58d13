/* SPDX-License-Identifier: ISC */
/*
 * A session at the gate: the limits on connections, the PROXY header, the limits on binds.
 * Who is refused before a word was said costs no session.
 */
#include "proxy/session_gate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listener.h"
#include "net/tls.h"
#include "proxy/registry.h"
#include "proxy/session_inner.h"

static bool on_header(struct conn *conn, const struct proxy_header *header, const char *why);

static const struct proxied_ops proxied_ops = {.on_header = on_header};

static uint64_t
now_us(const struct session *session)
{
    return session->proxy->loop->now_us;
}

/*
 * Connections.
 */

static bool
is_trusted(const struct conf_listener *listener, const struct addr *peer)
{
    return listener->proxy_protocol != CONF_PROXY_NONE &&
           cidr_list_has(&listener->proxy_from, peer);
}

/* Of one that is trusted to name its client, who that is comes out later. */
static enum gate_refusal
knock(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer,
      struct gate_pass *pass)
{
    enum gate_refusal refusal = gate_knock(proxy->gate, listener, pass);
    bool trusted = is_trusted(listener, peer);

    if (refusal == GATE_OPEN && !trusted && listener->proxy_protocol == CONF_PROXY_REQUIRED)
        refusal = GATE_UNTRUSTED;
    if (refusal == GATE_OPEN && !trusted)
        refusal = gate_identify(pass, listener, peer, proxy->loop->now_us);
    return refusal;
}

static void
log_refusal(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer,
            enum gate_refusal refusal)
{
    char text[ADDR_TEXT_SIZE];

    gate_count(&proxy->counters, refusal);
    log_limited(LOG_LEVEL_NOTICE, listener->name, "connection not let in peer=%s reason=\"%s\"",
                addr_format(peer, text), gate_refusal_words(refusal));
}

bool
gate_admit(struct proxy *proxy, const struct conf_listener *listener, const struct addr *peer,
           struct gate_pass *pass)
{
    enum gate_refusal refusal = knock(proxy, listener, peer, pass);

    if (refusal == GATE_OPEN)
        return true;
    log_refusal(proxy, listener, peer, refusal);
    gate_leave(pass, proxy->loop->now_us);
    return false;
}

bool
gate_expect_header(struct conn *conn, const struct conf_listener *listener,
                   const struct addr *peer, const struct proxied_ops *ops)
{
    bool trusted = is_trusted(listener, peer);

    if (listener->proxy_protocol == CONF_PROXY_NONE)
        return false;
    if (!trusted)
        proxied_accept(conn, PROXIED_UNTRUSTED, ops);
    else if (listener->proxy_protocol == CONF_PROXY_REQUIRED)
        proxied_accept(conn, PROXIED_REQUIRED, ops);
    else
        proxied_accept(conn, PROXIED_OPTIONAL, ops);
    return trusted;
}

static void
begin(struct session *session, int fd)
{
    const struct conf_listener *listener = session->listener;

    log_debug(session_label(session), "accepted listener=%s", listener->name);
    if (listener->tls_server != NULL)
        tls_accept(&session->conn, listener->tls_server);
    session->awaits_header = gate_expect_header(&session->conn, listener, &session->peer,
                                                &proxied_ops);
    conn_accept(&session->conn, fd);
    loop_timer_start(session->proxy->loop, &session->timer, listener->bind_timeout_ms);
}

void
session_accept(struct proxy *proxy, const struct conf_listener *listener, int fd,
               const struct addr *peer)
{
    struct session *session = NULL;
    struct gate_pass pass;

    proxy->counters.sessions_accepted++;
    if (gate_admit(proxy, listener, peer, &pass))
        session = session_new(proxy, listener, peer);
    if (session == NULL) {
        gate_leave(&pass, proxy->loop->now_us);
        close(fd);
        return;
    }
    session->pass = pass;
    session->id = proxy_next_id(proxy);
    begin(session, fd);
}

/* It ends; its conn does so by itself. */
static void
end_at_gate(struct session *session, enum session_end end, const char *why)
{
    session->end = end;
    snprintf(session->end_detail, sizeof(session->end_detail), "%s", why);
}

static bool
on_header(struct conn *conn, const struct proxy_header *header, const char *why)
{
    struct session *session = conn->owner;
    enum gate_refusal refusal;
    char text[ADDR_TEXT_SIZE];

    session->awaits_header = false;
    if (header == NULL) {
        session->proxy->counters.bad_proxy_headers++;
        end_at_gate(session, SESSION_END_PROXY_HEADER, why);
        return false;
    }
    if (header->source.len != 0) {
        log_debug(session_label(session), "PROXY header client=%s",
                  addr_format(&header->source, text));
        session->peer = header->source;
        session->local = header->dest;
    }
    refusal = gate_identify(&session->pass, session->listener, &session->peer, now_us(session));
    gate_count(&session->proxy->counters, refusal);
    if (refusal != GATE_OPEN)
        end_at_gate(session, SESSION_END_GATE, gate_refusal_words(refusal));
    return refusal == GATE_OPEN;
}

void
session_tell_client(struct session *session, struct addr *source, struct addr *dest)
{
    if (session->local.len == 0)
        session->local = listener_address(session->conn.fd);
    *source = session->peer;
    *dest = session->local;
}

/*
 * Binds.
 */

/* May the client's certificate bind this system_id? */
static bool
is_permitted(const struct session *session, const struct bind *bind)
{
    char system_id[PDU_MAX_OPEN];

    if (session->listener->tls_names == NULL)
        return true;
    if (bind->system_id.len >= sizeof(system_id))
        return false;
    memcpy(system_id, bind->system_id.bytes, bind->system_id.len);
    system_id[bind->system_id.len] = '\0';
    return tls_permits(&session->conn, session->listener->tls_names, system_id);
}

static void
refuse_certificate(struct session *session)
{
    char text[TLS_TEXT_SIZE];

    session->proxy->counters.certificates_refused++;
    end_at_gate(session, SESSION_END_CERTIFICATE, tls_text(&session->conn, text));
    session_bind_failed(session);
    session_answer(session, session->bind_command, SMPP_RBINDFAIL, session->bind_number,
                   "its certificate may not bind this system_id");
    session_finish(session, SESSION_END_CERTIFICATE);
}

bool
session_has_place(const struct session *session)
{
    uint32_t max = session->home.farm->conf->max_sessions;

    return max == 0 || session->entry == NULL || registry_bound(session->entry) < max;
}

/* ESME_RTHROTTLED and ESME_RBINDFAIL both have clients try again. */
void
session_refuse_at_gate(struct session *session, enum gate_refusal refusal)
{
    uint32_t status = refusal == GATE_SESSIONS ? SMPP_RBINDFAIL : SMPP_RTHROTTLED;

    gate_count(&session->proxy->counters, refusal);
    end_at_gate(session, SESSION_END_GATE, gate_refusal_words(refusal));
    session_answer(session, session->bind_command, status, session->bind_number,
                   gate_refusal_words(refusal));
    session_finish(session, SESSION_END_GATE);
}

bool
session_may_bind(struct session *session, const struct bind *bind)
{
    enum gate_refusal refusal = gate_bind(&session->pass, session->listener, now_us(session));

    if (refusal == GATE_OPEN && !is_permitted(session, bind)) {
        refuse_certificate(session);
        return false;
    }
    if (refusal == GATE_OPEN && !session_has_place(session))
        refusal = GATE_SESSIONS;
    if (refusal != GATE_OPEN)
        session_refuse_at_gate(session, refusal);
    return refusal == GATE_OPEN;
}

void
session_bind_failed(struct session *session)
{
    const struct conf_listener *listener = session->listener;
    char why[sizeof(session->end_detail) + sizeof(session->system_id) + 16];

    snprintf(why, sizeof(why), "%s%s%s", session->end_detail,
             session->system_id[0] != '\0' ? " system_id=" : "", session->system_id);
    if (!gate_bind_failed(&session->pass, listener, why, now_us(session)))
        return;
    session->proxy->counters.bans++;
    log_limited(LOG_LEVEL_WARNING, session_label(session),
                "address banned failed_binds=%u seconds=%u", listener->ban,
                listener->ban_time_ms / 1000);
}
