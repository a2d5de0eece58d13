/* SPDX-License-Identifier: ISC */
/* What gets into the pages of a trace, and what becomes of what they have no room for. */
#include "proxy/tap.h"

#include <stdio.h>

#include "proxy/session.h"
#include "smpp/bind.h"
#include "smpp/writer.h"
#include "unit/unit.h"

#define PAGES_MAX 64

static struct loop loop;
static struct proxy proxy;
static struct tap *tap;
static struct session session;
static struct tap_page *pages[PAGES_MAX];   /* handed on, and not given back */
static size_t count;

static void
on_page(struct tap *from, struct tap_page *page)
{
    ck_assert_ptr_eq(page->tap, from);
    ck_assert_uint_lt(count, PAGES_MAX);
    pages[count++] = page;
}

static struct tap *
open_tap(const char *account)
{
    struct tap *it = calloc(1, sizeof(*it));

    snprintf(it->filter.account, sizeof(it->filter.account), "%s", account);
    it->on_page = on_page;
    tap_open(it, &proxy);
    return it;
}

static void
begin(void)
{
    ck_assert(loop_init(&loop));
    memset(&proxy, 0, sizeof(proxy));
    proxy.loop = &loop;
    memset(&session, 0, sizeof(session));
    session.proxy = &proxy;
    session.id = 7;
    strcpy(session.system_id, "acme");
    ck_assert(addr_read_ip("192.0.2.1", &session.peer));
    count = 0;
    ck_assert(!tap_is_on(&proxy));
    tap = open_tap("acme");
    ck_assert(tap_is_on(&proxy));
}

static void
finish(void)
{
    tap_close(tap);
    ck_assert(!tap_is_on(&proxy));
    free(tap);
    loop_fini(&loop);
}

/* Sends a PDU of n octets of body by the client; it stands behind `bytes` alone. */
static void
from_client(uint32_t command, uint32_t number, const void *body, size_t n)
{
    uint8_t *bytes = malloc(PDU_HEADER + n);
    struct pdu pdu;

    pdu_put_header(bytes, (uint32_t)(PDU_HEADER + n), command, 0, number);
    if (n > 0)
        memcpy(bytes + PDU_HEADER, body, n);
    ck_assert_int_eq(pdu_frame(bytes, PDU_HEADER + n, PDU_MAX, &pdu), FRAME_WHOLE);
    tap_from_client(&session, &pdu);
    free(bytes);
}

/* The records of the pages from the i-th on. */
static size_t
records_from(size_t i)
{
    struct tap_view view;
    size_t n = 0, at;

    for (; i < count; i++)
        for (at = 0; tap_read(pages[i], &at, &view);)
            n++;
    return n;
}

static size_t
records(void)
{
    tap_flush_all(&proxy);
    return records_from(0);
}

START_TEST(a_record_comes_out_as_it_went_in)
{
    struct tap_view view;
    size_t at = 0;

    begin();
    loop.now_us = 12345;
    from_client(SMPP_SUBMIT_SM, 42, "abc", 3);
    tap_session(&session, "has ended");
    tap_flush_all(&proxy);
    ck_assert_uint_eq(count, 1);
    ck_assert(tap_read(pages[0], &at, &view));
    ck_assert_int_eq(view.record.way, TAP_FROM_CLIENT);
    ck_assert_uint_eq(view.record.at_us, 12345);
    ck_assert_uint_eq(view.record.session, 7);
    ck_assert_int_eq(view.record.client_number, 42);
    ck_assert_int_eq(view.record.node_number, -1);
    ck_assert_ptr_null(view.record.why);
    ck_assert_uint_eq(view.record.kept, PDU_HEADER + 3);
    ck_assert_mem_eq(view.bytes + PDU_HEADER, "abc", 3);
    ck_assert_int_eq(strncmp(view.peer, "192.0.2.1", 9), 0);
    ck_assert_str_eq(view.node, "");
    ck_assert(tap_read(pages[0], &at, &view));
    ck_assert_int_eq(view.record.way, TAP_NOTE);
    ck_assert_str_eq(view.record.why, "has ended");
    ck_assert_uint_eq(view.record.kept, 0);
    ck_assert(!tap_read(pages[0], &at, &view));
    finish();
}
END_TEST

START_TEST(of_a_long_pdu_the_beginning_is_kept)
{
    static uint8_t body[60000];
    struct tap_view view;
    size_t at = 0;

    begin();
    from_client(SMPP_SUBMIT_SM, 1, body, sizeof(body));
    tap_flush_all(&proxy);
    ck_assert(tap_read(pages[0], &at, &view));
    ck_assert_uint_eq(view.record.kept, TAP_KEEP);
    ck_assert_uint_eq(get_be32(view.bytes), PDU_HEADER + sizeof(body));
    finish();
}
END_TEST

START_TEST(what_the_pages_have_no_room_for_is_counted_and_told)
{
    uint8_t body[1000] = {0};
    size_t sent, kept, lost;

    begin();
    for (sent = 0; sent < 1000; sent++)
        from_client(SMPP_SUBMIT_SM, 1, body, sizeof(body));
    ck_assert_uint_eq(count, TAP_PAGES);
    kept = records_from(0);
    ck_assert_uint_gt(kept, TAP_PAGES * 50);
    ck_assert_uint_eq(tap->lost, sent - kept);
    lost = tap->lost;
    tap_take_back(pages[0]);
    tap_flush_all(&proxy);
    ck_assert_uint_eq(count, TAP_PAGES + 1);    /* though nothing has followed */
    ck_assert_uint_eq(pages[TAP_PAGES]->lost, lost);
    ck_assert_uint_eq(records_from(TAP_PAGES), 0);
    tap_take_back(pages[1]);
    from_client(SMPP_SUBMIT_SM, 1, body, sizeof(body));
    tap_flush_all(&proxy);
    ck_assert_uint_eq(pages[TAP_PAGES + 1]->lost, 0);
    ck_assert_uint_eq(records_from(TAP_PAGES + 1), 1);
    finish();
}
END_TEST

START_TEST(a_tap_that_is_closed_hands_on_what_it_has)
{
    begin();
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    ck_assert_uint_eq(count, 0);
    tap_close(tap);
    ck_assert_uint_eq(records_from(0), 1);
    ck_assert(!tap_is_on(&proxy));
    tap_take_back(pages[0]);
    tap_close(tap);     /* again */
    ck_assert_uint_eq(count, 1);
    free(tap);
    loop_fini(&loop);
}
END_TEST

START_TEST(no_password_gets_into_a_page)
{
    static const uint32_t commands[] = {SMPP_BIND_RECEIVER, SMPP_BIND_TRANSMITTER,
                                        SMPP_BIND_TRANSCEIVER, SMPP_OUTBIND};
    static const char body[] = "acme\0secret\0VMA\0\x34\0\0";
    size_t i, n, k;

    begin();
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        for (n = 0; n <= sizeof(body); n++)
            from_client(commands[i], 1, body, n);
    ck_assert_uint_eq(records(), 4 * (sizeof(body) + 1));
    for (i = 0; i < count; i++)
        for (k = 4; k <= 6; k++)
            ck_assert_ptr_null(memmem(pages[i]->bytes, pages[i]->len, "secret", k));
    finish();
}
END_TEST

START_TEST(a_bind_without_its_password_is_whole)
{
    uint8_t bytes[256];
    struct tap_view view;
    struct bind bind;
    struct pdu pdu;
    size_t at = 0, n;

    begin();
    n = bind_write(bytes, sizeof(bytes), SMPP_BIND_TRANSCEIVER, 5, "acme", "secret", "VMA", 0x34);
    from_client(SMPP_BIND_TRANSCEIVER, 5, bytes + PDU_HEADER, n - PDU_HEADER);
    tap_flush_all(&proxy);
    ck_assert(tap_read(pages[0], &at, &view));
    ck_assert_uint_eq(view.record.kept, n - strlen("secret"));
    ck_assert_int_eq(pdu_frame(view.bytes, view.record.kept, PDU_MAX, &pdu), FRAME_WHOLE);
    ck_assert_uint_eq(pdu.length, view.record.kept);
    ck_assert(bind_parse(&pdu, &bind));
    ck_assert_uint_eq(bind.password.len, 0);
    ck_assert_mem_eq(bind.system_type.bytes, "VMA", 4);
    ck_assert_uint_eq(bind.interface_version, 0x34);
    finish();
}
END_TEST

START_TEST(only_what_is_of_interest_is_kept)
{
    struct tap *other;

    begin();
    other = open_tap("other");
    strcpy(session.system_id, "acm");
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    strcpy(session.system_id, "");
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    ck_assert_uint_eq(records(), 0);
    strcpy(session.system_id, "acme");
    from_client(SMPP_ENQUIRE_LINK, 1, "", 0);
    from_client(SMPP_ENQUIRE_LINK | SMPP_RESPONSE, 1, "", 0);
    ck_assert_uint_eq(records(), 0);
    tap->filter.enquire = true;
    from_client(SMPP_ENQUIRE_LINK, 1, "", 0);
    from_client(SMPP_ENQUIRE_LINK | SMPP_RESPONSE, 1, "", 0);
    ck_assert_uint_eq(records(), 2);
    strcpy(tap->filter.farm, "f");
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    tap->filter.farm[0] = '\0';
    strcpy(tap->filter.node, "a");
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    ck_assert_uint_eq(records(), 2);
    strcpy(session.system_id, "other");
    from_client(SMPP_SUBMIT_SM, 1, "", 0);
    ck_assert_uint_eq(records(), 3);
    ck_assert_ptr_eq(pages[count - 1]->tap, other);
    tap_close(other);
    free(other);
    finish();
}
END_TEST

UNIT_MAIN("tap", a_record_comes_out_as_it_went_in, of_a_long_pdu_the_beginning_is_kept,
          what_the_pages_have_no_room_for_is_counted_and_told,
          a_tap_that_is_closed_hands_on_what_it_has, no_password_gets_into_a_page,
          a_bind_without_its_password_is_whole, only_what_is_of_interest_is_kept)
