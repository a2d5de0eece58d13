/* SPDX-License-Identifier: ISC */
#include "smpp/stray.h"

#include "smpp/pdu.h"
#include "unit/unit.h"

START_TEST(protocols_that_knock_by_mistake_are_named)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *name;
    } rows[] = {
        {"GET / HTTP/1.1\r\n", 16, "HTTP"}, {"POST /", 6, "HTTP"},   {"HEAD", 4, "HTTP"},
        {"PUT /x", 6, "HTTP"},              {"OPTIONS", 7, "HTTP"},  {"CONNECT", 7, "HTTP"},
        {"PRI * HTTP/2.0", 14, "HTTP"},     {"\x16\x03\x01\x02", 4, "TLS"},
        {"\x16\x03\x03", 3, "TLS"},         {"AMQP\0\0\x09\x01", 8, "AMQP"},
        {"\x03\x00\x00\x13", 4, "RDP"},     {"SSH-2.0-OpenSSH", 15, "SSH"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_str_eq(stray_name((const uint8_t *)rows[i].bytes, rows[i].n), rows[i].name);
}
END_TEST

START_TEST(no_length_of_a_lawful_pdu_is_taken_for_a_stray)
{
    uint8_t bytes[PDU_HEADER];
    uint32_t length, wrong = 0;

    for (length = PDU_HEADER; length <= PDU_MAX; length++) {
        pdu_put_header(bytes, length, SMPP_BIND_TRANSCEIVER, 0, 1);
        wrong += stray_name(bytes, sizeof(bytes)) != NULL;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(too_few_octets_name_nothing_and_nothing_behind_them_is_read)
{
    uint8_t *copy;
    size_t n;

    for (n = 0; n < 4; n++) {
        copy = unit_copy("GET ", n);
        ck_assert_ptr_null(stray_name(copy, n));
        free(copy);
    }
    copy = unit_copy("\x16", 1);
    ck_assert_ptr_null(stray_name(copy, 1));
    free(copy);
}
END_TEST

UNIT_MAIN("stray", protocols_that_knock_by_mistake_are_named,
          no_length_of_a_lawful_pdu_is_taken_for_a_stray,
          too_few_octets_name_nothing_and_nothing_behind_them_is_read)
