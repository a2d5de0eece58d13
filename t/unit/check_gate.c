/* SPDX-License-Identifier: ISC */
#include "proxy/gate.h"

#include <stdio.h>

#include "unit/unit.h"

#define SECOND 1000000
#define NOW ((uint64_t)1000 * SECOND)

static struct conf_listener listeners[2];
static struct conf conf = {.listeners = listeners, .listener_count = 2};
static struct gate gate;

static void
open_gate(void)
{
    memset(listeners, 0, sizeof(listeners));
    listeners[1].index = 1;
    listeners[0].ban_window_ms = 60000;
    listeners[0].ban_time_ms = 600000;
    conf.max_connections = 0;
    ck_assert(gate_init(&gate, &conf));
}

static struct addr
addr_of(const char *text)
{
    struct addr addr;
    const char *why;

    ck_assert_msg(addr_parse(text, "", &addr, &why), "%s", text);
    return addr;
}

/* What becomes of a connection from there; one that is refused has left again. */
static enum gate_refusal
come(size_t listener, const char *from, uint64_t now_us, struct gate_pass *pass)
{
    struct addr client = addr_of(from);
    enum gate_refusal refusal = gate_knock(&gate, &listeners[listener], pass);

    if (refusal == GATE_OPEN)
        refusal = gate_identify(pass, &listeners[listener], &client, now_us);
    if (refusal != GATE_OPEN)
        gate_leave(pass, now_us);
    return refusal;
}

/* A bind from there that fails; true: it is banned now. */
static bool
fail_bind(const char *from, uint64_t now_us)
{
    struct gate_pass pass;
    bool banned;

    ck_assert_int_eq(come(0, from, now_us, &pass), GATE_OPEN);
    banned = gate_bind_failed(&pass, &listeners[0], "wrong", now_us);
    gate_leave(&pass, now_us);
    return banned;
}

static enum gate_refusal
look_in(const char *from, uint64_t now_us)
{
    struct gate_pass pass;
    enum gate_refusal refusal = come(0, from, now_us, &pass);

    gate_leave(&pass, now_us);
    return refusal;
}

START_TEST(connections_are_counted_in_all_and_by_listener)
{
    struct gate_pass a, b, c, d;

    open_gate();
    conf.max_connections = 3;
    gate_follow(&gate, &conf);
    listeners[0].max_connections = 2;
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &a), GATE_OPEN);
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &b), GATE_OPEN);
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &c), GATE_LISTENER_FULL);
    ck_assert_int_eq(come(1, "192.0.2.1:1", NOW, &c), GATE_OPEN);
    ck_assert_int_eq(come(1, "192.0.2.1:1", NOW, &d), GATE_FULL);
    gate_leave(&a, NOW);
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &a), GATE_OPEN);
    gate_leave(&a, NOW);
    gate_leave(&a, NOW);        /* an empty pass */
    gate_leave(&b, NOW);
    gate_leave(&c, NOW);
    gate_fini(&gate);
}
END_TEST

START_TEST(connections_are_counted_by_address)
{
    struct gate_pass a, b, c;

    open_gate();
    listeners[0].max_per_address = 1;
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &a), GATE_OPEN);
    ck_assert_int_eq(look_in("192.0.2.1:2", NOW), GATE_ADDRESS_FULL);
    ck_assert_int_eq(look_in("[::ffff:192.0.2.1]:2", NOW), GATE_ADDRESS_FULL);
    ck_assert_int_eq(look_in("192.0.2.2:2", NOW), GATE_OPEN);
    ck_assert_int_eq(come(0, "[2001:db8::1]:1", NOW, &b), GATE_OPEN);
    ck_assert_int_eq(look_in("[2001:db8::ffff:1:2]:1", NOW), GATE_ADDRESS_FULL);
    ck_assert_int_eq(look_in("[2001:db8:0:1::1]:1", NOW), GATE_OPEN);
    ck_assert_int_eq(come(0, "unix:/run/x", NOW, &c), GATE_OPEN);
    ck_assert_int_eq(look_in("unix:/run/x", NOW), GATE_OPEN);
    gate_leave(&a, NOW);
    ck_assert_int_eq(look_in("192.0.2.1:2", NOW), GATE_OPEN);
    gate_leave(&b, NOW);
    gate_leave(&c, NOW);
    gate_fini(&gate);
}
END_TEST

START_TEST(deny_goes_before_allow)
{
    char why[CIDR_WHY_SIZE];

    open_gate();
    ck_assert(cidr_list_parse("192.0.2.0/24", &listeners[0].allow, why));
    ck_assert(cidr_list_parse("192.0.2.7", &listeners[0].deny, why));
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW), GATE_OPEN);
    ck_assert_int_eq(look_in("192.0.2.7:1", NOW), GATE_DENIED);
    ck_assert_int_eq(look_in("198.51.100.1:1", NOW), GATE_NOT_ALLOWED);
    cidr_list_fini(&listeners[0].allow);
    cidr_list_fini(&listeners[0].deny);
    gate_fini(&gate);
}
END_TEST

START_TEST(failed_binds_ban_an_address_for_a_time)
{
    open_gate();
    listeners[0].ban = 3;
    ck_assert(!fail_bind("192.0.2.1:1", NOW));
    ck_assert(!fail_bind("192.0.2.1:1", NOW + SECOND));
    ck_assert(!fail_bind("192.0.2.2:1", NOW + SECOND));
    ck_assert(fail_bind("192.0.2.1:1", NOW + 2 * SECOND));
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW + 2 * SECOND), GATE_BANNED);
    ck_assert_int_eq(look_in("192.0.2.2:1", NOW + 2 * SECOND), GATE_OPEN);
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW + 601 * (uint64_t)SECOND), GATE_BANNED);
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW + 602 * (uint64_t)SECOND), GATE_OPEN);
    ck_assert(!fail_bind("192.0.2.1:1", NOW + 603 * (uint64_t)SECOND));
    gate_fini(&gate);
}
END_TEST

START_TEST(failures_count_within_their_window_only)
{
    int i;

    open_gate();
    listeners[0].ban = 2;
    for (i = 0; i < 5; i++)
        ck_assert(!fail_bind("192.0.2.1:1", NOW + (uint64_t)i * 61 * SECOND));
    listeners[0].ban = 0;
    for (i = 0; i < 5; i++)
        ck_assert(!fail_bind("192.0.2.1:1", NOW));
    gate_fini(&gate);
}
END_TEST

START_TEST(bans_are_listed_and_lifted)
{
    struct gate_ban bans[2];
    struct addr addr = addr_of("192.0.2.1:9");
    char text[CIDR_TEXT_SIZE];

    open_gate();
    listeners[0].ban = 1;
    ck_assert(fail_bind("192.0.2.1:1", NOW));
    ck_assert_uint_eq(gate_bans(&gate, NOW + SECOND, 0, bans, 2), 1);
    ck_assert_str_eq(cidr_format(&bans[0].net, text), "192.0.2.1");
    ck_assert_uint_eq(bans[0].since_us, NOW);
    ck_assert_uint_eq(bans[0].until_us, NOW + (uint64_t)600 * SECOND);
    ck_assert_uint_eq(bans[0].failures, 1);
    ck_assert_str_eq(bans[0].why, "wrong");
    ck_assert_uint_eq(gate_bans(&gate, NOW + (uint64_t)600 * SECOND, 0, bans, 2), 0);
    ck_assert(fail_bind("[2001:db8::1]:1", NOW));
    ck_assert(fail_bind("192.0.2.3:1", NOW));
    ck_assert_uint_eq(gate_bans(&gate, NOW, 0, bans, 2), 3);
    ck_assert_str_eq(cidr_format(&bans[0].net, text), "192.0.2.3");
    ck_assert_str_eq(cidr_format(&bans[1].net, text), "2001:db8::/64");
    ck_assert_uint_eq(gate_bans(&gate, NOW, 2, bans, 2), 3);
    ck_assert_str_eq(cidr_format(&bans[0].net, text), "192.0.2.1");
    ck_assert_uint_eq(gate_bans(&gate, NOW, 3, bans, 2), 3);
    ck_assert_uint_eq(gate_ban_serial(&gate), 3);
    ck_assert_uint_eq(gate_lift(&gate, &addr, NOW), 1);
    ck_assert_uint_eq(gate_lift(&gate, &addr, NOW), 0);
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW), GATE_OPEN);
    ck_assert_int_eq(look_in("192.0.2.3:1", NOW), GATE_BANNED);
    ck_assert_uint_eq(gate_lift(&gate, NULL, NOW), 2);
    ck_assert_uint_eq(gate_bans(&gate, NOW, 0, bans, 2), 0);
    gate_fini(&gate);
}
END_TEST

START_TEST(binds_are_counted_by_the_second)
{
    struct gate_pass a, b;

    open_gate();
    listeners[0].bind_rate = 3;
    listeners[0].bind_rate_per_address = 2;
    ck_assert_int_eq(come(0, "192.0.2.1:1", NOW, &a), GATE_OPEN);
    ck_assert_int_eq(come(0, "192.0.2.2:1", NOW, &b), GATE_OPEN);
    ck_assert_int_eq(gate_bind(&a, &listeners[0], NOW), GATE_OPEN);
    ck_assert_int_eq(gate_bind(&a, &listeners[0], NOW), GATE_OPEN);
    ck_assert_int_eq(gate_bind(&a, &listeners[0], NOW), GATE_ADDRESS_BIND_RATE);
    ck_assert_int_eq(gate_bind(&b, &listeners[0], NOW), GATE_OPEN);
    ck_assert_int_eq(gate_bind(&b, &listeners[0], NOW), GATE_BIND_RATE);
    ck_assert_int_eq(gate_bind(&a, &listeners[0], NOW + SECOND), GATE_OPEN);
    gate_leave(&a, NOW);
    gate_leave(&b, NOW);
    gate_fini(&gate);
}
END_TEST

START_TEST(the_table_is_bounded_and_bans_stay_longest)
{
    struct gate_ban ban;
    char text[64];
    unsigned i;

    open_gate();
    listeners[0].ban = 2;
    ck_assert(!fail_bind("192.0.2.1:1", NOW) && fail_bind("192.0.2.1:1", NOW));
    for (i = 0; i < 3 * GATE_ADDRESSES; i++) {
        snprintf(text, sizeof(text), "10.%u.%u.%u:1", i >> 16 & 255, i >> 8 & 255, i & 255);
        ck_assert(!fail_bind(text, NOW));
    }
    ck_assert_uint_eq(gate_bans(&gate, NOW, 0, &ban, 1), 1);
    ck_assert_int_eq(look_in("192.0.2.1:1", NOW), GATE_BANNED);
    gate_fini(&gate);
}
END_TEST

UNIT_MAIN("gate", connections_are_counted_in_all_and_by_listener,
          connections_are_counted_by_address, deny_goes_before_allow,
          failed_binds_ban_an_address_for_a_time, failures_count_within_their_window_only,
          bans_are_listed_and_lifted, binds_are_counted_by_the_second,
          the_table_is_bounded_and_bans_stay_longest)
