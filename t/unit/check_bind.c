/* SPDX-License-Identifier: ISC */
#include "smpp/bind.h"

#include "smpp/tlv.h"
#include "unit/unit.h"

static struct pdu
framed(const uint8_t *bytes, size_t n)
{
    struct pdu pdu;

    ck_assert_int_eq(pdu_frame(bytes, n, PDU_MAX, &pdu), FRAME_WHOLE);
    return pdu;
}

static bool
is(struct octets octets, const char *text)
{
    return octets.len == strlen(text) && memcmp(octets.bytes, text, octets.len) == 0;
}

START_TEST(a_bind_that_was_written_reads_the_same)
{
    static const uint32_t commands[] = {SMPP_BIND_TRANSMITTER, SMPP_BIND_RECEIVER,
                                        SMPP_BIND_TRANSCEIVER};
    struct bind bind;
    uint8_t room[200];
    struct pdu pdu;
    size_t n, i;

    for (i = 0; i < 3; i++) {
        n = bind_write(room, sizeof(room), commands[i], 3, "acme", "secret", "VMS", 0x50);
        pdu = framed(room, n);
        ck_assert(bind_parse(&pdu, &bind));
        ck_assert_uint_eq(pdu.number, 3);
        ck_assert_uint_eq(bind.command, commands[i]);
        ck_assert(is(bind.system_id, "acme"));
        ck_assert(is(bind.password, "secret"));
        ck_assert(is(bind.system_type, "VMS"));
        ck_assert(is(bind.address_range, ""));
        ck_assert_uint_eq(bind.interface_version, 0x50);
    }
}
END_TEST

START_TEST(all_fields_of_a_bind_are_read)
{
    static const char body[] = "id\0pw\0t\0\x34\x01\x02^46.*";
    uint8_t bytes[64];
    struct bind bind;
    struct pdu pdu;

    pdu_put_header(bytes, 16 + sizeof(body), SMPP_BIND_RECEIVER, 0, 1);
    memcpy(bytes + 16, body, sizeof(body));
    pdu = framed(bytes, 16 + sizeof(body));
    ck_assert(bind_parse(&pdu, &bind));
    ck_assert_uint_eq(bind.interface_version, 0x34);
    ck_assert_uint_eq(bind.addr_ton, 1);
    ck_assert_uint_eq(bind.addr_npi, 2);
    ck_assert(is(bind.address_range, "^46.*"));
}
END_TEST

START_TEST(a_password_longer_than_the_standard_allows_is_passed)
{
    char password[301];
    struct bind bind;
    uint8_t room[500];
    struct pdu pdu;

    memset(password, 'p', 300);
    password[300] = '\0';
    pdu = framed(room, bind_write(room, sizeof(room), SMPP_BIND_TRANSCEIVER, 1, "acme", password,
                                  "", 0x34));
    ck_assert(bind_parse(&pdu, &bind));
    ck_assert(is(bind.password, password));
}
END_TEST

START_TEST(a_bind_that_ends_before_its_fields_do_is_refused)
{
    uint8_t room[200], *copy;
    struct bind bind;
    struct pdu pdu;
    size_t whole, n;

    whole = bind_write(room, sizeof(room), SMPP_BIND_TRANSCEIVER, 1, "acme", "secret", "VMS",
                       0x34);
    for (n = PDU_HEADER; n < whole; n++) {
        put_be32(room, (uint32_t)n);
        copy = unit_copy(room, n);
        pdu = framed(copy, n);
        ck_assert(!bind_parse(&pdu, &bind));
        free(copy);
    }
}
END_TEST

START_TEST(strings_without_terminators_are_refused)
{
    uint8_t bytes[PDU_MAX_OPEN], *copy;
    struct bind bind;
    struct pdu pdu;

    memset(bytes, 'x', sizeof(bytes));
    pdu_put_header(bytes, sizeof(bytes), SMPP_BIND_TRANSCEIVER, 0, 1);
    copy = unit_copy(bytes, sizeof(bytes));
    pdu = framed(copy, sizeof(bytes));
    ck_assert(!bind_parse(&pdu, &bind));
    free(copy);
}
END_TEST

START_TEST(a_good_response_has_the_system_id_and_the_version)
{
    struct octets value;
    uint8_t room[64];
    struct pdu pdu;

    pdu = framed(room, bind_resp_write(room, sizeof(room), SMPP_BIND_TRANSMITTER, SMPP_ROK, 9,
                                       "acme"));
    ck_assert_uint_eq(pdu.command, 0x80000002);
    ck_assert_uint_eq(pdu.number, 9);
    ck_assert_str_eq((const char *)room + 16, "acme");
    ck_assert(tlv_find(bind_resp_optional(&pdu), SMPP_TLV_SC_INTERFACE_VERSION, &value));
    ck_assert_uint_eq(value.len, 1);
    ck_assert_uint_eq(value.bytes[0], 0x34);
}
END_TEST

START_TEST(a_response_that_refuses_has_no_body_and_none_is_needed)
{
    uint8_t room[16];
    struct pdu pdu;

    pdu = framed(room, bind_resp_write(room, sizeof(room), SMPP_BIND_TRANSCEIVER, SMPP_RBINDFAIL,
                                       4, "acme"));
    ck_assert_uint_eq(pdu.length, PDU_HEADER);
    ck_assert_uint_eq(pdu.status, SMPP_RBINDFAIL);
    ck_assert_uint_eq(bind_resp_optional(&pdu).len, 0);
}
END_TEST

START_TEST(a_response_with_an_unterminated_system_id_has_no_optional_part)
{
    uint8_t bytes[20], *copy;
    struct pdu pdu;

    memset(bytes, 'x', sizeof(bytes));
    pdu_put_header(bytes, sizeof(bytes), SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, 0, 1);
    copy = unit_copy(bytes, sizeof(bytes));
    pdu = framed(copy, sizeof(bytes));
    ck_assert_uint_eq(bind_resp_optional(&pdu).len, 0);
    free(copy);
}
END_TEST

START_TEST(what_does_not_fit_is_not_written)
{
    uint8_t *room;
    size_t cap;

    for (cap = 0; cap < 36; cap++) {
        room = malloc(cap);
        ck_assert_uint_eq(bind_write(room, cap, SMPP_BIND_RECEIVER, 1, "acme", "secret", "VMS",
                                     0x34), 0);
        if (cap < 26)
            ck_assert_uint_eq(bind_resp_write(room, cap, 9, SMPP_ROK, 1, "acme"), 0);
        free(room);
    }
}
END_TEST

UNIT_MAIN("bind", a_bind_that_was_written_reads_the_same, all_fields_of_a_bind_are_read,
          a_password_longer_than_the_standard_allows_is_passed,
          a_bind_that_ends_before_its_fields_do_is_refused,
          strings_without_terminators_are_refused,
          a_good_response_has_the_system_id_and_the_version,
          a_response_that_refuses_has_no_body_and_none_is_needed,
          a_response_with_an_unterminated_system_id_has_no_optional_part,
          what_does_not_fit_is_not_written)
