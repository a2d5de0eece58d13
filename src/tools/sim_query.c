/* SPDX-License-Identifier: ISC */
#include "tools/sim_query.h"

#include <string.h>

#include "smpp/writer.h"
#include "tools/sim_date.h"

#define DATE_SIZE 17    /* YYMMDDhhmmsstnnp, §7.1.1 */

static struct octets
read_addr(struct reader *r)
{
    reader_u8(r);   /* ton */
    reader_u8(r);   /* npi */
    return reader_cstring(r);
}

/* When the message was done, by the wall's clock in UTC. */
static void
format_date(char out[static DATE_SIZE], uint64_t age_us)
{
    sim_date_put(out, time(NULL) - (time_t)(age_us / 1000000), 6);
    memcpy(out + 12, "000+", 5);
}

void
sim_query(struct sim_session *session, const struct pdu *pdu)
{
    uint64_t now = session->node->sim->loop.now_us;
    struct sim_record *record = NULL;
    uint8_t room[PDU_HEADER + SIM_ID_SIZE + DATE_SIZE + 2];
    char date[DATE_SIZE] = "";
    struct octets id;
    struct reader r;
    struct writer w;

    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    id = reader_cstring(&r);
    if (!r.cut)
        record = sim_ids_find(&session->node->ids, (const char *)id.bytes);
    sim_count(session->node, record != NULL ? SIM_QUERIES : SIM_QUERIES_FAILED);
    if (record == NULL) {
        sim_session_answer(session, pdu, SMPP_QUERY_SM | SMPP_RESPONSE, SMPP_RQUERYFAIL);
        return;
    }
    if (sim_record_state(record, now) != SIM_STATE_ENROUTE)
        format_date(date, now > record->done_us ? now - record->done_us : 0);
    writer_begin(&w, room, sizeof(room), SMPP_QUERY_SM | SMPP_RESPONSE, SMPP_ROK, pdu->number);
    writer_cstring(&w, (const char *)id.bytes);
    writer_cstring(&w, date);
    writer_u8(&w, (uint8_t)sim_record_state(record, now));
    writer_u8(&w, 0);   /* error_code */
    sim_session_send(session, room, writer_end(&w));
}

void
sim_cancel(struct sim_session *session, const struct pdu *pdu)
{
    struct octets id, source, destination;
    struct sim_record *record = NULL;
    struct reader r;

    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    reader_cstring(&r);     /* service_type */
    id = reader_cstring(&r);
    source = read_addr(&r);
    destination = read_addr(&r);
    if (!r.cut)
        record = id.len > 0 ? sim_ids_find(&session->node->ids, (const char *)id.bytes)
                            : sim_ids_find_addresses(&session->node->ids, source, destination);
    if (record != NULL)
        record->deleted = true;
    sim_count(session->node, record != NULL ? SIM_CANCELS : SIM_CANCELS_FAILED);
    sim_session_answer(session, pdu, SMPP_CANCEL_SM | SMPP_RESPONSE,
                       record != NULL ? SMPP_ROK : SMPP_RCANCELFAIL);
}

void
sim_replace(struct sim_session *session, const struct pdu *pdu)
{
    struct sim_record *record = NULL;
    struct octets id;
    struct reader r;

    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    id = reader_cstring(&r);
    if (!r.cut)
        record = sim_ids_find(&session->node->ids, (const char *)id.bytes);
    sim_count(session->node, record != NULL ? SIM_REPLACES : SIM_REPLACES_FAILED);
    sim_session_answer(session, pdu, SMPP_REPLACE_SM | SMPP_RESPONSE,
                       record != NULL ? SMPP_ROK : SMPP_RREPLACEFAIL);
}
