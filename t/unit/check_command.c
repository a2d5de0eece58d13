/* SPDX-License-Identifier: ISC */
#include "smpp/command.h"

#include <stdio.h>

#include "unit/unit.h"

static const struct {
    uint32_t id;
    const char *name;
    uint8_t up, down;
    uint32_t failure;
} rows[] = {
#define COMMAND(symbol, name, id, up, down, failure) {id, name, up, down, failure},
#include "smpp/command.def"
#undef COMMAND
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

START_TEST(every_command_is_found_by_its_id_and_by_its_response)
{
    const struct command *row;
    size_t i;

    for (i = 0; i < ROWS; i++) {
        row = command_find(rows[i].id);
        ck_assert(row->known);
        ck_assert_str_eq(row->name, rows[i].name);
        ck_assert_uint_eq(row->up, rows[i].up);
        ck_assert_uint_eq(row->down, rows[i].down);
        ck_assert_uint_eq(row->failure, rows[i].failure);
        ck_assert_ptr_eq(command_find(rows[i].id | SMPP_RESPONSE), row);
    }
}
END_TEST

START_TEST(the_names_say_request_or_response)
{
    char spare[COMMAND_TEXT_SIZE], want[COMMAND_TEXT_SIZE];
    size_t i;

    for (i = 0; i < ROWS; i++) {
        ck_assert_str_eq(command_name(rows[i].id, spare), rows[i].name);
        snprintf(want, sizeof(want), "%s_resp", rows[i].name);
        ck_assert_str_eq(command_name(rows[i].id | SMPP_RESPONSE, spare), want);
    }
    ck_assert_str_eq(command_name(SMPP_GENERIC_NACK, spare), "generic_nack");
    ck_assert_str_eq(command_name(0x00010200, spare), "0x00010200");
    ck_assert_str_eq(command_name(0xFFFFFFFF, spare), "0xffffffff");
}
END_TEST

static bool
is_in_table(uint32_t id)
{
    size_t i;

    for (i = 0; i < ROWS; i++)
        if (rows[i].id == (id & ~SMPP_RESPONSE))
            return true;
    return false;
}

START_TEST(an_id_of_no_table_is_unknown_and_allowed_wherever_bound)
{
    static const uint32_t far[] = {
        0x80000000, 0xFFFFFFFF, 0x7FFFFFFF, 0x00010200, 0x80010200, 0x01000004, 0x40000004,
    };
    const struct command *row;
    uint32_t id, wrong = 0;
    size_t i;

    for (i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        ck_assert(!command_find(far[i])->known);
    for (id = 0; id < 0x20000; id++) {
        row = command_find(id);
        wrong += row->known != is_in_table(id) || command_find(id | SMPP_RESPONSE) != row;
    }
    ck_assert_uint_eq(wrong, 0);
    row = command_find(0x00010200);
    ck_assert_str_eq(row->name, "unknown");
    ck_assert_uint_eq(row->up, SMPP_IN_BOUND);
    ck_assert_uint_eq(row->down, SMPP_IN_BOUND);
    for (i = 0; i < 32; i++)
        ck_assert(command_find(UINT32_C(1) << i)->known == is_in_table(UINT32_C(1) << i));
}
END_TEST

START_TEST(a_bind_leads_to_its_state_and_nothing_else_does)
{
    ck_assert_uint_eq(command_bound_state(SMPP_BIND_TRANSMITTER), SMPP_IN_TX);
    ck_assert_uint_eq(command_bound_state(SMPP_BIND_RECEIVER), SMPP_IN_RX);
    ck_assert_uint_eq(command_bound_state(SMPP_BIND_TRANSCEIVER), SMPP_IN_TRX);
    ck_assert_uint_eq(command_bound_state(SMPP_SUBMIT_SM), 0);
    ck_assert_uint_eq(command_bound_state(SMPP_BIND_TRANSMITTER | SMPP_RESPONSE), 0);
}
END_TEST

START_TEST(the_states_permit_what_the_standard_permits)
{
    ck_assert_uint_eq(command_find(SMPP_SUBMIT_SM)->up & SMPP_IN_RX, 0);
    ck_assert_uint_eq(command_find(SMPP_SUBMIT_SM)->up & SMPP_IN_OPEN, 0);
    ck_assert_uint_ne(command_find(SMPP_SUBMIT_SM)->up & SMPP_IN_TX, 0);
    ck_assert_uint_eq(command_find(SMPP_DELIVER_SM)->down & SMPP_IN_TX, 0);
    ck_assert_uint_eq(command_find(SMPP_DELIVER_SM)->up, 0);
    ck_assert_uint_eq(command_find(SMPP_ENQUIRE_LINK)->up, SMPP_IN_ANY);
    ck_assert_uint_eq(command_find(SMPP_ENQUIRE_LINK)->down, SMPP_IN_ANY);
    ck_assert_uint_eq(command_find(SMPP_BIND_TRANSCEIVER)->up, SMPP_IN_OPEN);
}
END_TEST

UNIT_MAIN("command", every_command_is_found_by_its_id_and_by_its_response,
          the_names_say_request_or_response,
          an_id_of_no_table_is_unknown_and_allowed_wherever_bound,
          a_bind_leads_to_its_state_and_nothing_else_does,
          the_states_permit_what_the_standard_permits)
