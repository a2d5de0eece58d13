/* SPDX-License-Identifier: ISC */
/* How a session becomes bound and ceases to be, and what it does regularly meanwhile. */
#include "tools/sim_binds.h"

#include <stdlib.h>
#include <utlist.h>

#include "smpp/bind.h"
#include "tools/sim_deliver.h"
#include "tools/sim_mo.h"

/* Often enough for any rate; messages are counted out by rate and time. */
#define MO_TICK_US 10000

/* Something that a session does again and again. */
struct tick {
    struct sim_event event;
    struct sim *sim;
    struct sim_ref ref;
    uint64_t every_us;
    void (*act)(struct sim_session *session, uint64_t every_us);
};

static void
discard_tick(struct sim_event *event)
{
    free(container_of(event, struct tick, event));
}

static void
on_tick(struct sim_event *event)
{
    struct tick *tick = container_of(event, struct tick, event);
    struct sim_session *session = sim_session_find(tick->sim, tick->ref);

    if (session == NULL || session->account == NULL) {
        free(tick);
        return;
    }
    if (!session->node->faults.hang)
        tick->act(session, tick->every_us);
    if (!sim_events_add(&tick->sim->events, event, tick->every_us))
        free(tick);
}

static void
start_tick(struct sim_session *session, uint64_t every_us,
           void (*act)(struct sim_session *session, uint64_t every_us))
{
    struct tick *tick = calloc(1, sizeof(*tick));

    if (tick == NULL)
        return;
    tick->event.on_due = on_tick;
    tick->event.discard = discard_tick;
    tick->sim = session->node->sim;
    tick->ref = session->ref;
    tick->every_us = every_us;
    tick->act = act;
    if (!sim_events_add(&tick->sim->events, &tick->event, every_us))
        free(tick);
}

static void
enquire(struct sim_session *session, uint64_t every_us)
{
    (void)every_us;
    sim_session_enquire(session);
}

static void
join(struct sim_session *session, struct sim_account *account, uint8_t state)
{
    const struct sim_node_options *options = session->node->options;

    session->account = account;
    session->state = state;
    account->bound++;
    session->node->bound[sim_bound_index(state)]++;
    sim_count(session->node, SIM_BINDS);
    if (sim_session_receives(session))
        CDL_PREPEND2(account->receivers, session, rx_prev, rx_next);
    if (options->enquire_us > 0)
        start_tick(session, options->enquire_us, enquire);
    if (options->mo_rate > 0 && sim_session_receives(session))
        start_tick(session, MO_TICK_US, sim_mo_tick);
}

static void
answer(struct sim_session *session, const struct pdu *pdu, uint32_t status)
{
    uint8_t room[PDU_HEADER + SIM_NAME_SIZE + 8];
    size_t n = bind_resp_write(room, sizeof(room), pdu->command, status, pdu->number,
                               session->node->options->name);

    if (status != SMPP_ROK)
        sim_count(session->node, SIM_BINDS_REFUSED);
    sim_session_send(session, room, n);
}

void
sim_binds_enter(struct sim_session *session, const struct pdu *pdu)
{
    uint8_t state = command_bound_state(pdu->command);
    struct sim_account *account = NULL;
    uint32_t status = SMPP_RBINDFAIL;
    struct bind bind;

    if (bind_parse(pdu, &bind)) {
        status = sim_node_admit(session->node, (const char *)bind.system_id.bytes,
                                (const char *)bind.password.bytes);
        if (status == SMPP_ROK)
            account = sim_node_account(session->node, (const char *)bind.system_id.bytes);
        if (status == SMPP_ROK &&
            (account == NULL || (state != SMPP_IN_TX && !sim_deliver_init_window(session))))
            status = SMPP_RSYSERR;
    }
    answer(session, pdu, status);
    if (status != SMPP_ROK || session->closed)
        return;
    join(session, account, state);
    sim_deliver_pump(session);
}

void
sim_binds_leave(struct sim_session *session)
{
    struct sim_account *account = session->account;

    if (account == NULL)
        return;
    if ((session->state & SMPP_IN_RECEIVING) != 0)
        CDL_DELETE2(account->receivers, session, rx_prev, rx_next);
    session->node->bound[sim_bound_index(session->state)]--;
    account->bound--;
    session->account = NULL;
    session->state = SMPP_IN_OPEN;
    sim_deliver_take_back(session);
}
