/* SPDX-License-Identifier: ISC */
/* Who is let in, what nodes have from their farm, and what a reload can't change. */
#include <string.h>

#include "conf/conf.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

static void
is_refused(const char *text, const char *why)
{
    ck_assert_msg(read_text(text) == NULL, "taken: %s", text);
    ck_assert_msg(strstr(error, why) != NULL, "%s", error);
}

#define FARM "farm f { node a { address = 1 } }\n"
#define LISTENER(text) FARM "listener l { address = 2\n" text "\n}\n"

START_TEST(by_default_everybody_is_let_in)
{
    struct conf *conf = read_good(LISTENER(""));
    const struct conf_listener *listener = &conf->listeners[0];

    ck_assert_int_eq(listener->proxy_protocol, CONF_PROXY_NONE);
    ck_assert_uint_eq(listener->deny.count + listener->allow.count, 0);
    ck_assert_uint_eq(listener->max_connections + listener->max_per_address, 0);
    ck_assert_uint_eq(listener->bind_rate + listener->bind_rate_per_address + listener->ban, 0);
    ck_assert_uint_eq(conf->max_connections + conf->farms[0].max_sessions, 0);
    ck_assert(!conf->farms[0].nodes[0].send_proxy);
    ck_assert(conf->seccomp);
    conf_unref(conf);
}
END_TEST

START_TEST(networks_are_read_and_bad_ones_refused_by_line)
{
    struct conf *conf = read_good(LISTENER("deny = \"10.0.0.0/8, ::1\"\nallow = 192.0.2.1"));

    ck_assert_uint_eq(conf->listeners[0].deny.count, 2);
    ck_assert_uint_eq(conf->listeners[0].allow.count, 1);
    conf_unref(conf);
    is_refused(LISTENER("deny = \"10.0.0.0/99\""), ":3: deny = 10.0.0.0/99: must be networks");
    is_refused(LISTENER("allow = 10.0.0.1/8"), ":3: allow = 10.0.0.1/8: 10.0.0.1/8 is no network, "
               "for its host isn't 0: write 10.0.0.0/8");
}
END_TEST

START_TEST(proxy_headers_need_somebody_who_is_trusted)
{
    struct conf *conf = read_good(LISTENER("proxy-protocol = required proxy-from = 192.0.2.0/24"));

    ck_assert_int_eq(conf->listeners[0].proxy_protocol, CONF_PROXY_REQUIRED);
    conf_unref(conf);
    is_refused(LISTENER("proxy-protocol = optional"), ":3: proxy-protocol needs the networks");
    is_refused(LISTENER("proxy-from = ::1"), ":3: proxy-from is of use only with");
    is_refused(LISTENER("proxy-protocol = yes"), "must be none, optional or required");
}
END_TEST

START_TEST(nodes_have_what_their_farm_has_unless_they_say_otherwise)
{
    struct conf *conf = read_good("farm f { send-proxy = on max-pdu = 9000\n"
                                  "node a { address = 1 }\nnode b { address = 3 max-pdu = 7424 }\n"
                                  "node c { address = 4 send-proxy = off max-pdu = 20000 } }\n"
                                  "listener l { address = 2 }\n");
    const struct conf_farm *farm = &conf->farms[0];

    ck_assert_uint_eq(farm->nodes[0].max_pdu, 9000);
    ck_assert_uint_eq(farm->nodes[1].max_pdu, 7424);
    ck_assert_uint_eq(farm->nodes[2].max_pdu, 20000);
    ck_assert_uint_eq(farm->max_pdu_up, 7424);
    ck_assert(farm->nodes[0].send_proxy && farm->nodes[1].send_proxy);
    ck_assert(!farm->nodes[2].send_proxy);
    conf_unref(conf);
}
END_TEST

START_TEST(checks_elsewhere_send_no_header)
{
    struct conf *conf = read_good("farm f { send-proxy = on node a { address = 1\n"
                                  "check { } check { port = 5 } check { address = ::1 } } }\n"
                                  "listener l { address = 2 }\n");
    const struct conf_node *node = &conf->farms[0].nodes[0];

    ck_assert(conf_check_sends_proxy(&node->checks[0], node));
    ck_assert(!conf_check_sends_proxy(&node->checks[1], node));
    ck_assert(!conf_check_sends_proxy(&node->checks[2], node));
    conf_unref(conf);
}
END_TEST

START_TEST(whom_it_has_become_it_stays)
{
    static const char *const changes[] = {
        "user = nobody\n" LISTENER(""), "group = daemon\n" LISTENER(""),
        "chroot = /x\n" LISTENER(""),
        "seccomp = false\n" LISTENER(""),
    };
    struct conf *now = read_good(LISTENER("")), *next;
    size_t i;

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        next = read_good(changes[i]);
        ck_assert(!conf_follow(next, now, error));
        ck_assert_ptr_nonnull(strstr(error, "can't be changed while smpplex runs"));
        conf_unref(next);
    }
    conf_unref(now);
}
END_TEST

START_TEST(listeners_keep_their_index_in_another_order)
{
    struct conf *now = read_good(FARM "listener a { address = 2 }\nlistener b { address = 3 }\n");
    struct conf *next = read_good(FARM "listener b { address = 3 }\nlistener a { address = 2 }\n");

    ck_assert(conf_follow(next, now, error));
    ck_assert_str_eq(next->listeners[0].name, "a");
    ck_assert_uint_eq(next->listeners[0].index, 0);
    ck_assert_uint_eq(next->listeners[1].index, 1);
    conf_unref(next);
    conf_unref(now);
}
END_TEST

UNIT_MAIN("conf_gate", by_default_everybody_is_let_in,
          networks_are_read_and_bad_ones_refused_by_line,
          proxy_headers_need_somebody_who_is_trusted,
          nodes_have_what_their_farm_has_unless_they_say_otherwise, checks_elsewhere_send_no_header,
          whom_it_has_become_it_stays, listeners_keep_their_index_in_another_order)
