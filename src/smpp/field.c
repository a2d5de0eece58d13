/* SPDX-License-Identifier: ISC */
#include "smpp/field.h"

#include <stddef.h>

#include "smpp/command.h"

static const struct field none[] = {{FIELD_END, NULL}};

static const struct field bind[] = {
    {FIELD_TEXT, "system_id"},
    {FIELD_PASSWORD, "password"},
    {FIELD_TEXT, "system_type"},
    {FIELD_BITS, "interface_version"},
    {FIELD_ADDRESS, "address_range"},
    {FIELD_END, NULL},
};

static const struct field bind_resp[] = {
    {FIELD_TEXT, "system_id"},
    {FIELD_END, NULL},
};

static const struct field outbind[] = {
    {FIELD_TEXT, "system_id"},
    {FIELD_PASSWORD, "password"},
    {FIELD_END, NULL},
};

#define BEHIND_ADDRESSES                    \
    {FIELD_ESM_CLASS, "esm_class"},         \
    {FIELD_NUMBER, "protocol_id"},          \
    {FIELD_NUMBER, "priority_flag"},        \
    {FIELD_TEXT, "schedule_delivery_time"}, \
    {FIELD_TEXT, "validity_period"},        \
    {FIELD_BITS, "registered_delivery"},    \
    {FIELD_NUMBER, "replace_if_present"},   \
    {FIELD_CODING, "data_coding"},          \
    {FIELD_NUMBER, "sm_default_msg_id"},    \
    {FIELD_SHORT_MESSAGE, "short_message"}, \
    {FIELD_END, NULL}

static const struct field submit_sm[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_ADDRESS, "source"},
    {FIELD_ADDRESS, "destination"},
    BEHIND_ADDRESSES,
};

static const struct field submit_multi[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_ADDRESS, "source"},
    {FIELD_DESTINATIONS, "destinations"},
    BEHIND_ADDRESSES,
};

static const struct field data_sm[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_ADDRESS, "source"},
    {FIELD_ADDRESS, "destination"},
    {FIELD_ESM_CLASS, "esm_class"},
    {FIELD_BITS, "registered_delivery"},
    {FIELD_CODING, "data_coding"},
    {FIELD_END, NULL},
};

static const struct field id_alone[] = {
    {FIELD_TEXT, "message_id"},
    {FIELD_END, NULL},
};

static const struct field submit_multi_resp[] = {
    {FIELD_TEXT, "message_id"},
    {FIELD_REFUSED, "refused"},
    {FIELD_END, NULL},
};

static const struct field query_sm[] = {
    {FIELD_TEXT, "message_id"},
    {FIELD_ADDRESS, "source"},
    {FIELD_END, NULL},
};

static const struct field query_sm_resp[] = {
    {FIELD_TEXT, "message_id"},
    {FIELD_TEXT, "final_date"},
    {FIELD_STATE, "message_state"},
    {FIELD_NUMBER, "error_code"},
    {FIELD_END, NULL},
};

static const struct field cancel_sm[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_TEXT, "message_id"},
    {FIELD_ADDRESS, "source"},
    {FIELD_ADDRESS, "destination"},
    {FIELD_END, NULL},
};

static const struct field replace_sm[] = {
    {FIELD_TEXT, "message_id"},
    {FIELD_ADDRESS, "source"},
    {FIELD_TEXT, "schedule_delivery_time"},
    {FIELD_TEXT, "validity_period"},
    {FIELD_BITS, "registered_delivery"},
    {FIELD_NUMBER, "sm_default_msg_id"},
    {FIELD_SHORT_MESSAGE, "short_message"},
    {FIELD_END, NULL},
};

static const struct field alert_notification[] = {
    {FIELD_ADDRESS, "source"},
    {FIELD_ADDRESS, "esme"},
    {FIELD_END, NULL},
};

static const struct field broadcast_sm[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_ADDRESS, "source"},
    {FIELD_TEXT, "message_id"},
    {FIELD_NUMBER, "priority_flag"},
    {FIELD_TEXT, "schedule_delivery_time"},
    {FIELD_TEXT, "validity_period"},
    {FIELD_NUMBER, "replace_if_present"},
    {FIELD_CODING, "data_coding"},
    {FIELD_NUMBER, "sm_default_msg_id"},
    {FIELD_END, NULL},
};

static const struct field cancel_broadcast_sm[] = {
    {FIELD_TEXT, "service_type"},
    {FIELD_TEXT, "message_id"},
    {FIELD_ADDRESS, "source"},
    {FIELD_END, NULL},
};

static const struct {
    uint32_t command;
    const struct field *request;
    const struct field *response;
} rows[] = {
    {SMPP_BIND_RECEIVER, bind, bind_resp},
    {SMPP_BIND_TRANSMITTER, bind, bind_resp},
    {SMPP_BIND_TRANSCEIVER, bind, bind_resp},
    {SMPP_OUTBIND, outbind, NULL},
    {SMPP_UNBIND, none, none},
    {SMPP_ENQUIRE_LINK, none, none},
    {SMPP_SUBMIT_SM, submit_sm, id_alone},
    {SMPP_DELIVER_SM, submit_sm, id_alone},
    {SMPP_DATA_SM, data_sm, id_alone},
    {SMPP_SUBMIT_MULTI, submit_multi, submit_multi_resp},
    {SMPP_QUERY_SM, query_sm, query_sm_resp},
    {SMPP_CANCEL_SM, cancel_sm, none},
    {SMPP_REPLACE_SM, replace_sm, none},
    {SMPP_ALERT_NOTIFICATION, alert_notification, NULL},
    {SMPP_BROADCAST_SM, broadcast_sm, id_alone},
    {SMPP_QUERY_BROADCAST_SM, query_sm, id_alone},
    {SMPP_CANCEL_BROADCAST_SM, cancel_broadcast_sm, none},
};

const struct field *
field_list(uint32_t command)
{
    size_t i;

    if (command == SMPP_GENERIC_NACK)
        return none;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].command == (command & ~SMPP_RESPONSE))
            return (command & SMPP_RESPONSE) != 0 ? rows[i].response : rows[i].request;
    return NULL;
}
