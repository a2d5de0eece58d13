/* SPDX-License-Identifier: ISC */
/*
 * What reaches the port before anybody is known: the first octets, named where
 * they are another protocol's, a bind, and a node's answer to one.
 */
#include "fuzz/fuzz.h"
#include "smpp/bind.h"
#include "smpp/stray.h"
#include "smpp/tlv.h"

static bool
same(struct octets a, struct octets b)
{
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static void
within(const struct pdu *pdu, struct octets octets)
{
    ensure(octets.bytes >= pdu->bytes + PDU_HEADER);
    ensure(octets.bytes + octets.len <= pdu->bytes + pdu->length);
}

/* A bind written from what was read of another reads the same. */
static void
try_write(const struct bind *bind, uint32_t number)
{
    size_t cap = PDU_HEADER + bind->system_id.len + bind->password.len + bind->system_type.len + 7;
    uint8_t *room = fuzz_room(cap);
    struct bind again;
    struct pdu pdu;
    size_t n;

    /* The views end in front of the PDU's own NUL. */
    n = bind_write(room, cap, bind->command, number, (const char *)bind->system_id.bytes,
                   (const char *)bind->password.bytes, (const char *)bind->system_type.bytes,
                   bind->interface_version);
    ensure(n == cap);
    ensure(pdu_frame(room, n, PDU_MAX, &pdu) == FRAME_WHOLE);
    ensure(pdu.length == n && pdu.command == bind->command && pdu.number == number);
    ensure(bind_parse(&pdu, &again));
    ensure(same(again.system_id, bind->system_id) && same(again.password, bind->password));
    ensure(same(again.system_type, bind->system_type) && again.address_range.len == 0);
    ensure(again.interface_version == bind->interface_version);
    ensure(bind_write(room, cap - 1, bind->command, number, (const char *)bind->system_id.bytes,
                      (const char *)bind->password.bytes, (const char *)bind->system_type.bytes,
                      bind->interface_version) == 0);
    free(room);
}

static void
try_bind(const struct pdu *pdu)
{
    struct bind bind;

    if (!bind_parse(pdu, &bind))
        return;
    within(pdu, bind.system_id);
    within(pdu, bind.password);
    within(pdu, bind.system_type);
    within(pdu, bind.address_range);
    try_write(&bind, pdu->number);
}

static void
try_bind_resp(const struct pdu *pdu)
{
    struct octets optional = bind_resp_optional(pdu), version = {optional.bytes, 0};
    bool found = tlv_find(optional, SMPP_TLV_SC_INTERFACE_VERSION, &version);

    within(pdu, optional);
    within(pdu, version);
    ensure(!found || version.bytes >= optional.bytes + 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pdu pdu;
    uint8_t *copy;

    stray_name(data, size);
    if (pdu_frame(data, size, PDU_MAX_OPEN, &pdu) != FRAME_WHOLE)
        return 0;
    copy = fuzz_copy(data, pdu.length);
    ensure(pdu_frame(copy, pdu.length, PDU_MAX_OPEN, &pdu) == FRAME_WHOLE);
    try_bind(&pdu);
    try_bind_resp(&pdu);
    free(copy);
    return 0;
}
