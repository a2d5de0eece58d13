/* SPDX-License-Identifier: ISC */
/*
 * With an account: bind_transceiver, enquire_link, unbind. Without one there is
 * an enquire_link before any bind, and whatever a node answers in SMPP to that,
 * be it generic_nack, is life.
 *
 * Messages that a node has for the account are not ours to take: it is told to
 * keep them.
 */
#include "base/escape.h"
#include "check/probe.h"
#include "smpp/bind.h"
#include "smpp/command.h"
#include "smpp/pdu.h"
#include "smpp/status.h"
#include "smpp/stray.h"

#define INTERFACE_VERSION 0x34
#define BIND_ROOM 512   /* system_id 64, password 255, system_type 64 and the rest */

static bool
has_account(const struct check *check)
{
    return check->conf->system_id[0] != '\0';
}

/* Each step has one request, whose number it is. */
static void
request(struct check *check, enum probe_smpp_step step, uint32_t command)
{
    uint8_t header[PDU_HEADER];

    check->step = step;
    pdu_put_header(header, PDU_HEADER, command, SMPP_ROK, (uint32_t)step + 1);
    check_send(check, header, sizeof(header));
}

static void
on_open(struct check *check)
{
    const struct conf_check *conf = check->conf;
    uint8_t room[BIND_ROOM];
    size_t n;

    if (!has_account(check)) {
        request(check, PROBE_ENQUIRING, SMPP_ENQUIRE_LINK);
        return;
    }
    check->step = PROBE_BINDING;
    n = bind_write(room, sizeof(room), SMPP_BIND_TRANSCEIVER, PROBE_BINDING + 1, conf->system_id,
                   conf->secret, conf->system_type, INTERFACE_VERSION);
    ensure(n > 0);
    check_send(check, room, n);
    explicit_bzero(room, sizeof(room));
}

static const char *
awaits(const struct check *check)
{
    return check->step == PROBE_BINDING ? "bind_transceiver_resp" : "enquire_link_resp";
}

/* Both leave in one write. We unbind before we close, else the account's session may stay
 * at the node. */
static void
enquire_and_unbind(struct check *check)
{
    request(check, PROBE_ENQUIRING, SMPP_ENQUIRE_LINK);
    request(check, PROBE_UNBINDING, SMPP_UNBIND);
    check->step = PROBE_ENQUIRING;      /* whose answer comes first, and decides */
}

static void
pass(struct check *check)
{
    check_done(check, CHECK_PASSED, "%s", "");
    if (check->conn.state != CONN_OPEN)
        return;
    if (has_account(check))
        check->step = PROBE_UNBINDING;
    else
        conn_finish(&check->conn, PROBE_LINGER_MS);
}

static void
refused(struct check *check, enum check_outcome outcome, uint32_t status)
{
    char spare[STATUS_TEXT_SIZE];

    check_done(check, outcome, "status=%s", status_name(status, spare));
    conn_finish(&check->conn, PROBE_LINGER_MS);
}

/* What was asked behind it is answered already. */
static void
unanswered(struct check *check)
{
    check_done(check, CHECK_ANSWER_TIMEOUT, "awaited=%s got=unbind_resp", awaits(check));
    conn_close(&check->conn);
}

static void
on_response(struct check *check, const struct pdu *pdu)
{
    switch (check->step) {
    case PROBE_BINDING:
        if (!pdu_answers(pdu->command, SMPP_BIND_TRANSCEIVER))
            return;
        if (pdu->command == SMPP_GENERIC_NACK || pdu->status != SMPP_ROK)
            refused(check, CHECK_BIND_REFUSED, pdu->status);
        else
            enquire_and_unbind(check);
        return;
    case PROBE_ENQUIRING:
        if (has_account(check) && pdu->command == (SMPP_UNBIND | SMPP_RESPONSE))
            unanswered(check);
        if (!pdu_answers(pdu->command, SMPP_ENQUIRE_LINK))
            return;
        if (has_account(check) && (pdu->command == SMPP_GENERIC_NACK || pdu->status != SMPP_ROK))
            refused(check, CHECK_ENQUIRE_REFUSED, pdu->status);
        else
            pass(check);
        return;
    case PROBE_UNBINDING:
        if (pdu_answers(pdu->command, SMPP_UNBIND))
            conn_close(&check->conn);
        return;
    }
}

static void
answer(struct check *check, const struct pdu *pdu, uint32_t command, uint32_t status)
{
    uint8_t header[PDU_HEADER];

    pdu_put_header(header, PDU_HEADER, command, status, pdu->number);
    check_send(check, header, sizeof(header));
}

static void
on_unbind(struct check *check, const struct pdu *pdu)
{
    answer(check, pdu, SMPP_UNBIND | SMPP_RESPONSE, SMPP_ROK);
    check_done(check, CHECK_CLOSED, "awaited=%s got=unbind", awaits(check));
    conn_finish(&check->conn, PROBE_LINGER_MS);
}

static void
on_request(struct check *check, const struct pdu *pdu)
{
    switch (pdu->command) {
    case SMPP_ENQUIRE_LINK:
        answer(check, pdu, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, SMPP_ROK);
        break;
    case SMPP_UNBIND:
        on_unbind(check, pdu);
        break;
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        answer(check, pdu, pdu->command | SMPP_RESPONSE, SMPP_RX_T_APPN);
        break;
    case SMPP_OUTBIND:
    case SMPP_ALERT_NOTIFICATION:
        break;      /* which have no response */
    default:
        answer(check, pdu, SMPP_GENERIC_NACK, SMPP_RINVCMDID);
    }
}

static void
on_bad_pdu(struct check *check, const uint8_t *bytes, size_t n)
{
    const char *stray = stray_name(bytes, n);
    char shown[40];

    if (stray != NULL)
        check_done(check, CHECK_BAD_PDU, "looks=%s", stray);
    else
        check_done(check, CHECK_BAD_PDU, "octets=\"%s\"",
                   escape(shown, sizeof(shown), bytes, n < 16 ? n : 16));
    conn_close(&check->conn);
}

/* Commands of a vendor's own are fine behind a bind, but no sign of SMPP before. */
static bool
is_strange(const struct check *check, const struct pdu *pdu)
{
    return (check->step == PROBE_BINDING || !has_account(check)) &&
           pdu->command != SMPP_GENERIC_NACK && !command_find(pdu->command)->known;
}

static size_t
on_bytes(struct check *check, const uint8_t *bytes, size_t n)
{
    size_t at = 0;
    struct pdu pdu;

    while (check->conn.state == CONN_OPEN) {
        enum frame frame = pdu_frame(bytes + at, n - at, PDU_MAX, &pdu);

        if (frame == FRAME_PARTIAL)
            break;
        if (frame == FRAME_BAD_LENGTH || is_strange(check, &pdu)) {
            on_bad_pdu(check, bytes + at, n - at);
            break;
        }
        at += pdu.length;
        if (pdu_is_response(&pdu))
            on_response(check, &pdu);
        else if (check->probing && !has_account(check))
            pass(check);
        else
            on_request(check, &pdu);
    }
    return at;
}

const struct probe_kind probe_smpp = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = NULL, .awaits = awaits,
};
