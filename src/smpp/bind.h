/* SPDX-License-Identifier: ISC */
#ifndef SMPP_BIND_H
#define SMPP_BIND_H

#include "base/ensure.h"
#include "smpp/pdu.h"
#include "smpp/reader.h"

/* The facts of a bind_transmitter, bind_receiver or bind_transceiver, §4.1.
 * The texts are views into the PDU. */
struct bind {
    uint32_t command;
    struct octets system_id;
    struct octets password;
    struct octets system_type;
    struct octets address_range;
    uint8_t interface_version;
    uint8_t addr_ton;
    uint8_t addr_npi;
};

/* False: the body ends before its fields do. */
MUST_USE bool
bind_parse(const struct pdu *pdu, struct bind *bind);

/* The optional part of a bind_resp (§4.1.2); empty where there is none. An
 * error may come without a body. */
struct octets
bind_resp_optional(const struct pdu *pdu);

/* Writes a bind_resp; returns its length, 0: it didn't fit. With a status that
 * is an error it has no body. */
size_t
bind_resp_write(uint8_t *room, size_t cap, uint32_t command, uint32_t status, uint32_t number,
                const char *system_id);

/* Writes a bind with `command` one of the three; returns its length or 0. */
size_t
bind_write(uint8_t *room, size_t cap, uint32_t command, uint32_t number, const char *system_id,
           const char *password, const char *system_type, uint8_t interface_version);

#endif
