/* SPDX-License-Identifier: ISC */
#include "proxy/doubt.h"

#include "base/escape.h"
#include "base/log.h"
#include "smpp/message.h"

#define ADDRESS_SIZE 96

void
doubt_note(const struct session *session, const struct link *link, struct request *request)
{
    const struct conf_farm *farm = link->farm;
    char spare[COMMAND_TEXT_SIZE], destination[ADDRESS_SIZE] = "";
    struct message message;
    struct pdu pdu;

    link->proxy->counters.in_doubt++;
    if (farm->log_in_doubt) {
        if (pdu_frame(request->bytes, request->length, PDU_MAX, &pdu) == FRAME_WHOLE &&
            message_parse(&pdu, &message))
            escape(destination, sizeof(destination), message.destination.addr.bytes,
                   message.destination.addr.len);
        log_notice(session_label(session),
                   "in doubt command=%s account=%s destination=%s from=%s to=%s number=%u",
                   command_name(request_command(request), spare), session->system_id, destination,
                   farm->nodes[request->lost_at].name, link_node_name(link),
                   request_number(request));
    }
    request->lost_at = REQUEST_NOT_LOST;
}
