/* SPDX-License-Identifier: ISC */
#include "tools/load_window.h"

#include "smpp/pdu.h"
#include "unit/unit.h"

#define RESP (SMPP_SUBMIT_SM | SMPP_RESPONSE)

static struct load_window window;
static struct load_open *open;

static void
begin(uint32_t first)
{
    ck_assert(load_window_init(&window, 10));
    load_window_clear(&window, first);
}

START_TEST(a_request_is_answered_once)
{
    begin(1);
    ck_assert_uint_eq(load_window_add(&window, SMPP_SUBMIT_SM)->number, 1);
    ck_assert_uint_eq(window.open, 1);
    ck_assert_int_eq(load_window_answer(&window, 1, RESP, &open), LOAD_MATCH_OPEN);
    ck_assert_uint_eq(window.open, 0);
    ck_assert_int_eq(load_window_answer(&window, 1, RESP, &open), LOAD_MATCH_DUPLICATE);
    load_window_fini(&window);
}
END_TEST

START_TEST(what_was_never_asked_is_unexpected)
{
    begin(5);
    load_window_add(&window, SMPP_SUBMIT_SM);
    ck_assert_int_eq(load_window_answer(&window, 4, RESP, &open), LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, 6, RESP, &open), LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, 0, RESP, &open), LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, 0x80000005, RESP, &open), LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, 5, SMPP_DELIVER_SM | SMPP_RESPONSE, &open),
                     LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, 5, SMPP_GENERIC_NACK, &open), LOAD_MATCH_OPEN);
    load_window_fini(&window);
}
END_TEST

START_TEST(numbers_wrap_behind_the_largest_and_old_ones_stay_known)
{
    uint32_t number;
    int i;

    begin(SMPP_NUMBER_MAX - 1000);
    for (i = 0; i < 2000; i++) {
        number = load_window_add(&window, SMPP_SUBMIT_SM)->number;
        ck_assert(number >= 1 && number <= SMPP_NUMBER_MAX);
        ck_assert_int_eq(load_window_answer(&window, number, RESP, &open), LOAD_MATCH_OPEN);
    }
    ck_assert_uint_eq(number, 999);
    ck_assert_int_eq(load_window_answer(&window, SMPP_NUMBER_MAX - 1000, RESP, &open),
                     LOAD_MATCH_DUPLICATE);
    ck_assert_int_eq(load_window_answer(&window, 1, RESP, &open), LOAD_MATCH_DUPLICATE);
    ck_assert_int_eq(load_window_answer(&window, 1000, RESP, &open), LOAD_MATCH_UNEXPECTED);
    ck_assert_int_eq(load_window_answer(&window, SMPP_NUMBER_MAX - 1001, RESP, &open),
                     LOAD_MATCH_UNEXPECTED);
    load_window_fini(&window);
}
END_TEST

START_TEST(a_request_may_stay_open_while_all_numbers_pass_it)
{
    uint32_t number;
    int i;

    begin(1);
    load_window_add(&window, SMPP_SUBMIT_SM)->part.number = 77;
    for (i = 0; i < 5000; i++) {
        number = load_window_add(&window, SMPP_SUBMIT_SM)->number;
        ck_assert_int_eq(load_window_answer(&window, number, RESP, &open), LOAD_MATCH_OPEN);
    }
    ck_assert_int_eq(load_window_answer(&window, 1, RESP, &open), LOAD_MATCH_OPEN);
    ck_assert_uint_eq(open->part.number, 77);
    load_window_fini(&window);
}
END_TEST

START_TEST(what_is_open_at_the_end_is_found_and_binds_do_not_count)
{
    uint32_t from = 0;

    begin(1);
    load_window_add(&window, SMPP_BIND_TRANSCEIVER);
    load_window_add(&window, SMPP_SUBMIT_SM);
    load_window_add(&window, SMPP_ENQUIRE_LINK);
    load_window_add(&window, SMPP_QUERY_SM);
    ck_assert_uint_eq(window.open, 2);
    ck_assert_uint_eq(load_window_forget(&window, &from)->number, 2);
    ck_assert_uint_eq(load_window_forget(&window, &from)->number, 4);
    ck_assert_ptr_null(load_window_forget(&window, &from));
    load_window_fini(&window);
}
END_TEST

UNIT_MAIN("load_window", a_request_is_answered_once, what_was_never_asked_is_unexpected,
          numbers_wrap_behind_the_largest_and_old_ones_stay_known,
          a_request_may_stay_open_while_all_numbers_pass_it,
          what_is_open_at_the_end_is_found_and_binds_do_not_count)
