/* SPDX-License-Identifier: ISC */
#include "smpp/bind.h"

#include "smpp/tlv.h"
#include "smpp/writer.h"

bool
bind_parse(const struct pdu *pdu, struct bind *bind)
{
    struct reader r;

    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    bind->command = pdu->command;
    bind->system_id = reader_cstring(&r);
    bind->password = reader_cstring(&r);
    bind->system_type = reader_cstring(&r);
    bind->interface_version = reader_u8(&r);
    bind->addr_ton = reader_u8(&r);
    bind->addr_npi = reader_u8(&r);
    bind->address_range = reader_cstring(&r);
    return !r.cut;
}

struct octets
bind_resp_optional(const struct pdu *pdu)
{
    struct reader r;

    reader_init(&r, pdu->bytes + PDU_HEADER, pdu->length - PDU_HEADER);
    reader_cstring(&r);
    return reader_octets(&r, reader_left(&r));
}

size_t
bind_resp_write(uint8_t *room, size_t cap, uint32_t command, uint32_t status, uint32_t number,
                const char *system_id)
{
    static const uint8_t version = 0x34;
    struct writer w;

    writer_begin(&w, room, cap, command | SMPP_RESPONSE, status, number);
    if (status == SMPP_ROK) {
        writer_cstring(&w, system_id);
        writer_tlv(&w, SMPP_TLV_SC_INTERFACE_VERSION, &version, 1);
    }
    return writer_end(&w);
}

size_t
bind_write(uint8_t *room, size_t cap, uint32_t command, uint32_t number, const char *system_id,
           const char *password, const char *system_type, uint8_t interface_version)
{
    struct writer w;

    writer_begin(&w, room, cap, command, SMPP_ROK, number);
    writer_cstring(&w, system_id);
    writer_cstring(&w, password);
    writer_cstring(&w, system_type);
    writer_u8(&w, interface_version);
    writer_u8(&w, 0);
    writer_u8(&w, 0);
    writer_cstring(&w, "");
    return writer_end(&w);
}
