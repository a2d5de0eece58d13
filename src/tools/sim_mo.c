/* SPDX-License-Identifier: ISC */
#include "tools/sim_mo.h"

#include <stdio.h>
#include <string.h>

#include "smpp/writer.h"
#include "tools/sim_deliver.h"

#define RECIPIENT "46700012345"
#define PARTS 3
#define UDH_SIZE 6
#define TEXT_SIZE 140

static void
give(struct sim_account *account, struct sim_session *session, const struct message_fields *fields)
{
    struct sim_deliver *deliver = sim_deliver_new(account, false, fields);

    if (deliver != NULL)
        sim_deliver_give(deliver, session);
}

/* One long message: its parts, each with an 8-bit concatenation element. */
static void
send_long(struct sim_account *account, struct sim_session *session, struct message_fields fields,
          uint8_t reference)
{
    uint8_t text[TEXT_SIZE] = {5, 0, 3, reference, PARTS};
    uint8_t part;

    fields.esm_class = ESM_UDHI;
    fields.text = text;
    for (part = 1; part <= PARTS; part++) {
        text[UDH_SIZE - 1] = part;
        memset(text + UDH_SIZE, 'a' + part - 1, sizeof(text) - UDH_SIZE);
        fields.text_len = part < PARTS ? sizeof(text) : UDH_SIZE + 10;
        give(account, session, &fields);
    }
}

static void
send_one(struct sim_account *account, struct sim_session *session)
{
    struct sim *sim = account->node->sim;
    uint64_t random = sim_random(sim);
    struct message_fields fields = {.destination = RECIPIENT};
    char source[16], text[TEXT_SIZE];

    snprintf(source, sizeof(source), "4670%07u", (unsigned)(random % 10000000));
    fields.source = source;
    if (sim_random_share(sim) < account->node->options->mo_long) {
        send_long(account, session, fields, (uint8_t)(random >> 32));
        return;
    }
    fields.text = text;
    fields.text_len = (size_t)snprintf(text, sizeof(text), "MO %llu from %s",
                                       (unsigned long long)(random >> 40),
                                       account->node->options->name);
    give(account, session, &fields);
}

void
sim_mo_tick(struct sim_session *session, uint64_t every_us)
{
    session->mo_owed += session->node->options->mo_rate * (double)every_us / 1e6;
    while (session->mo_owed >= 1 && session->account != NULL) {
        session->mo_owed -= 1;
        send_one(session->account, session);
    }
}

static bool
send_to_account(struct sim_node *node, uint64_t n, const char *system_id)
{
    struct sim_account *account;

    HASH_FIND(hh, node->accounts, system_id, strlen(system_id), account);
    if (account == NULL)
        return false;
    while (n-- > 0)
        send_one(account, NULL);
    return true;
}

/* A session that is closed meanwhile ends the round: a new one begins. */
static uint64_t
send_round(struct sim_node *node, uint64_t n)
{
    struct sim_session *session = node->sessions, *next;
    uint64_t sent = 0;

    for (; session != NULL && sent < n; session = next) {
        next = session->next;
        if (!sim_session_receives(session))
            continue;
        send_one(session->account, session);
        sent++;
        if (session->closed)
            break;
    }
    return sent;
}

bool
sim_mo_send(struct sim_node *node, uint64_t n, const char *system_id)
{
    uint64_t sent;

    if (system_id != NULL)
        return send_to_account(node, n, system_id);
    while (n > 0) {
        sent = send_round(node, n);
        if (sent == 0)
            return false;
        n -= sent;
    }
    return true;
}

unsigned
sim_mo_alert(struct sim_node *node)
{
    struct sim_session *session = node->sessions, *next;
    uint8_t room[PDU_HEADER + 64];
    unsigned sent = 0;
    struct writer w;

    for (; session != NULL; session = next) {
        next = session->next;
        if (!sim_session_receives(session))
            continue;
        writer_begin(&w, room, sizeof(room), SMPP_ALERT_NOTIFICATION, SMPP_ROK,
                     sim_session_next_number(session));
        writer_bytes(&w, "\1\1", 2);
        writer_cstring(&w, "46701234567");
        writer_bytes(&w, "\1\1", 2);
        writer_cstring(&w, RECIPIENT);
        sim_session_send(session, room, writer_end(&w));
        sim_count(node, SIM_ALERTS);
        sent++;
    }
    return sent;
}
