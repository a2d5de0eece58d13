/* SPDX-License-Identifier: ISC */
/* The modes of farms and listeners: what they take, and what is said of what they don't. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "conf/conf.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

#define TCP "farm f { mode = tcp\n"
#define NODE "node a { address = 1 }\n"
#define LISTENER "listener l { address = 2 }\n"

static const char whole[] =
    "farm s { " NODE " }\n"
    "farm t { mode = tcp balance = source connect-timeout = 1s queue-timeout = 2s\n"
    "  reconnect = 1s redispatch-max = 1 on-down = keep fail-back = sticky slow-start = 1m\n"
    "  error-limit = 3 resolve = 1m check { type = smpp port = 2775 } check { type = http }\n"
    "  node a { address = 1 weight = 7 } node b { address = 2 backup = true } }\n"
    "listener l { address = 3 farm = t mode = tcp inactivity-timeout = 1h bind-timeout = 1s }\n"
    "listener m { address = 4 farm = t }\n"
    "listener n { address = 5 farm = s }\n"
    "listener o { address = 6 farm = s mode = smpp }\n";

START_TEST(a_listener_has_its_farms_mode)
{
    struct conf *conf = read_good(whole);

    ck_assert_int_eq(conf->farms[0].mode, CONF_MODE_SMPP);
    ck_assert_int_eq(conf->farms[1].mode, CONF_MODE_TCP);
    ck_assert_int_eq(conf->farms[1].balance, CONF_SOURCE);
    ck_assert_int_eq(conf->listeners[0].mode, CONF_MODE_TCP);
    ck_assert_int_eq(conf->listeners[1].mode, CONF_MODE_TCP);
    ck_assert_int_eq(conf->listeners[2].mode, CONF_MODE_SMPP);
    ck_assert_int_eq(conf->listeners[3].mode, CONF_MODE_SMPP);
    conf_unref(conf);
}
END_TEST

START_TEST(what_is_printed_reads_the_same)
{
    struct conf *conf = read_good(whole);
    char *text = print_twice(conf);

    ck_assert_ptr_nonnull(strstr(text, "mode = tcp\n"));
    free(text);
    conf_unref(conf);
}
END_TEST

/* Nodes without tags: there may be more of them than tags. */
START_TEST(nodes_have_no_tags_in_tcp_mode)
{
    char text[8192] = TCP;
    struct conf *conf;
    int i;

    for (i = 1; i <= 120; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "node n%d { address = %d }\n", i, i);
    strcat(text, "}\nlistener l { address = 999 }\n");
    conf = read_good(text);
    ck_assert_uint_eq(conf->farms[0].node_count, 120);
    ck_assert_str_eq(conf->farms[0].nodes[0].tag, "");
    conf_unref(conf);
}
END_TEST

static const struct {
    const char *text;
    int line;
    const char *says;
} bad[] = {
    {"farm f { mode = udp\n" NODE "}\n" LISTENER, 1, "mode = udp: must be smpp or tcp"},
    {TCP "\nwindow = 5\n" NODE "}\n" LISTENER, 3, "'window' is about SMPP"},
    {TCP "concat-ttl = 5s\n" NODE "}\n" LISTENER, 2, "'concat-ttl' is about SMPP"},
    {TCP "message-id = learn\n" NODE "}\n" LISTENER, 2, "'message-id' is about SMPP"},
    {TCP "sick-on = 8\n" NODE "}\n" LISTENER, 2, "'sick-on' is about SMPP"},
    {TCP "node a {\naddress = 1\ntag = aa }\n}\n" LISTENER, 4, "'tag' is about SMPP"},
    {TCP NODE "}\nlistener l { address = 2\nhold = 64K }\n", 5, "'hold' is about SMPP"},
    {TCP "balance = destination\n" NODE "}\n" LISTENER, 2, "there are no messages"},
    {"farm f {\nbalance = source\n" NODE "}\n" LISTENER, 2, "only with mode = tcp"},
    {TCP "check {\ntype = smpp }\n" NODE "}\n" LISTENER, 3, "needs a port of its own"},
    {TCP "node a { address = 1 check {\ntype = smpp } }\n}\n" LISTENER, 3, "a port of its own"},
    {TCP NODE "}\nlistener l { address = 2\nmode = smpp }\n", 5, "its farm has mode = tcp"},
    {"farm f { " NODE "}\nlistener l { address = 2\nmode = tcp }\n", 4, "its farm has mode = smpp"},
};

START_TEST(what_does_not_fit_a_mode_is_refused_with_line_and_reason)
{
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_refuse(bad[i].text, bad[i].line, bad[i].says);
    }
}
END_TEST

START_TEST(a_mode_cannot_be_changed_while_running)
{
    struct conf *now = read_good("farm f { " NODE "}\n" LISTENER);
    struct conf *next = read_good(TCP NODE "}\n" LISTENER);

    ck_assert(!conf_follow(next, now, error));
    ck_assert_ptr_nonnull(strstr(error, "farm 'f' can't change its mode"));
    conf_unref(now);
    conf_unref(next);
}
END_TEST

/* The table of what is about SMPP names only keywords that there are. */
START_TEST(smpp_mode_takes_all_and_tcp_mode_some)
{
    size_t i, taken = 0;

    for (i = 0; i < key_count; i++) {
        ck_assert(conf_mode_takes(CONF_MODE_SMPP, keys[i].section, keys[i].name));
        taken += conf_mode_takes(CONF_MODE_TCP, keys[i].section, keys[i].name);
    }
    ck_assert_uint_lt(taken, key_count);
    ck_assert(conf_mode_takes(CONF_MODE_TCP, KEY_NODE, "weight"));
    ck_assert(!conf_mode_takes(CONF_MODE_TCP, KEY_TLS, "names"));
    ck_assert(conf_mode_takes(CONF_MODE_TCP, KEY_TLS, "certificate"));
}
END_TEST

UNIT_MAIN("conf_mode", a_listener_has_its_farms_mode, what_is_printed_reads_the_same,
          nodes_have_no_tags_in_tcp_mode,
          what_does_not_fit_a_mode_is_refused_with_line_and_reason,
          a_mode_cannot_be_changed_while_running, smpp_mode_takes_all_and_tcp_mode_some)
