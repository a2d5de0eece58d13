/* SPDX-License-Identifier: ISC */
/* A configuration made ready to follow another: who keeps which place, and what
 * is refused. */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

#define A "node a { address = \"127.0.0.1:1001\" tag = \"a0\" }\n"
#define B "node b { address = \"127.0.0.1:1002\" tag = \"b0\" }\n"
#define C "node c { address = \"127.0.0.1:1003\" tag = \"c0\" weight = 7 }\n"
#define LISTENER "listener l { address = \"127.0.0.1:2775\" }\n"
#define FARM(nodes) "farm f {\n" nodes "}\n" LISTENER

/* The farm of `text` in the order of `now`, which is let go of. */
static struct conf *
follow(struct conf *now, const char *text)
{
    struct conf *next = read_good(text);

    ck_assert_msg(conf_follow(next, now, error), "%s", error);
    conf_unref(now);
    return next;
}

static void
expect_refused(const char *now_text, const char *next_text, const char *why)
{
    struct conf *now = read_good(now_text), *next = read_good(next_text);

    ck_assert(!conf_follow(next, now, error));
    ck_assert_msg(strstr(error, why) != NULL, "%s", error);
    conf_unref(next);
    conf_unref(now);
}

/* "a b- c": the names of a farm's nodes, with a - behind those that are gone. */
static void
expect_nodes(const struct conf *conf, const char *expected)
{
    const struct conf_farm *farm = &conf->farms[0];
    char text[256] = "";
    size_t i;

    for (i = 0; i < farm->node_count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s", i > 0 ? " " : "",
                 farm->nodes[i].name, farm->nodes[i].gone ? "-" : "");
    ck_assert_str_eq(text, expected);
}

START_TEST(nodes_keep_their_places_whatever_the_order)
{
    struct conf *conf = follow(read_good(FARM(A B C)), FARM(C A B));

    expect_nodes(conf, "a b c");
    ck_assert_uint_eq(conf->farms[0].nodes[2].weight, 7);
    ck_assert_str_eq(conf->farms[0].nodes[2].tag, "c0");
    conf_unref(conf);
}
END_TEST

START_TEST(new_nodes_come_behind)
{
    struct conf *conf = follow(read_good(FARM(C)), FARM(A B C));

    expect_nodes(conf, "c a b");
    conf_unref(conf);
}
END_TEST

START_TEST(a_node_that_is_not_named_any_more_stays_as_gone_without_weight)
{
    struct conf *conf = follow(read_good(FARM(A B C)), FARM(A B));

    expect_nodes(conf, "a b c-");
    ck_assert_uint_eq(conf->farms[0].nodes[2].weight, 0);
    ck_assert_str_eq(conf->farms[0].nodes[2].tag, "c0");
    ck_assert_str_eq(conf->farms[0].nodes[2].address, "127.0.0.1:1003");
    conf_unref(conf);
}
END_TEST

START_TEST(a_node_that_comes_back_has_its_old_place)
{
    struct conf *conf = follow(read_good(FARM(A B C)), FARM(A C));

    conf = follow(conf, FARM(C));
    expect_nodes(conf, "a- b- c");
    conf = follow(conf, FARM(B C));
    expect_nodes(conf, "a- b c");
    conf = follow(conf, FARM(A B C));
    expect_nodes(conf, "a b c");
    conf_unref(conf);
}
END_TEST

START_TEST(a_name_with_another_address_is_another_node)
{
    struct conf *conf;

    conf = follow(read_good(FARM(A B)),
                  FARM(B "node a { address = \"127.0.0.1:9\" tag = \"a0\" }"));
    expect_nodes(conf, "a- b a");
    conf = follow(conf, FARM(A B));
    expect_nodes(conf, "a b a-");
    conf_unref(conf);
}
END_TEST

START_TEST(farms_and_listeners_keep_their_places)
{
    struct conf *conf;

    conf = follow(read_good("farm f { " A "} farm g { " B "}"
                            "listener l { address = \"1\" farm = f }"
                            "listener m { address = \"2\" farm = g }"),
                  "listener m { address = \"2\" farm = g }"
                  "listener l { address = \"1\" farm = f }"
                  "farm g { " B "} farm f { " A "}");
    ck_assert_str_eq(conf->farms[0].name, "f");
    ck_assert_str_eq(conf->farms[0].nodes[0].name, "a");
    ck_assert_str_eq(conf->listeners[0].name, "l");
    ck_assert_ptr_eq(conf->listeners[0].farm, &conf->farms[0]);
    ck_assert_ptr_eq(conf->listeners[1].farm, &conf->farms[1]);
    conf_unref(conf);
}
END_TEST

START_TEST(what_cant_change_while_running_is_refused)
{
    expect_refused(FARM(A), "farm g { " A "}" LISTENER, "farm 'f' can't be removed");
    expect_refused(FARM(A), "farm g { " A "} farm f { " A "}"
                            "listener l { address = \"127.0.0.1:2775\" farm = f }",
                   "farm 'g' can't be added");
    expect_refused(FARM(A), "farm f { " A "} listener m { address = \"127.0.0.1:2775\" }",
                   "listener 'l' can't be removed");
    expect_refused(FARM(A), FARM(A) "listener m { address = \"127.0.0.1:2776\" }",
                   "listener 'm' can't be added");
    expect_refused(FARM(A), "farm f { " A "} listener l { address = \"127.0.0.1:2776\" }",
                   "listener 'l' can't change its address");
    expect_refused("farm f { " A "} farm g { " B "} listener l { address = \"1\" farm = f }",
                   "farm f { " A "} farm g { " B "} listener l { address = \"1\" farm = g }",
                   "listener 'l' can't change its farm");
    expect_refused(FARM(A), "farm f { concat-max = 5 " A "}" LISTENER,
                   "can't change its concat-max");
    expect_refused(FARM(A), "workers = 2\n" FARM(A), "workers can't be changed");
    expect_refused(FARM(A), "cpu-affinity = true\n" FARM(A), "cpu-affinity can't be changed");
    expect_refused(FARM(A), "farm f { learn-max = 5000 " A "}" LISTENER,
                   "can't change its learn-max");
    expect_refused(FARM(A), "log = syslog\n" FARM(A), "log 'stderr' can't be changed");
}
END_TEST

START_TEST(a_node_keeps_its_tag)
{
#define N1 "node n1 { address = \"127.0.0.1:1001\" }\n"
#define N2(tag) "node n2 { address = \"127.0.0.1:1002\" " tag "}\n"
    struct conf *conf;

    expect_refused(FARM(N1 N2("")), FARM(N2("")),
                   "node 'n2' would change its tag from 11 to 10: name it, tag = 11");
    conf = follow(read_good(FARM(N1 N2(""))), FARM(N2("tag = \"11\"")));
    expect_nodes(conf, "n1- n2");
    conf_unref(conf);
}
END_TEST

START_TEST(the_status_endpoint_keeps_its_place)
{
#define STATUS(text) FARM(A) "status { " text " }\n"
    expect_refused(FARM(A), STATUS("address = 1"), "section status can't come");
    expect_refused(STATUS("address = 1"), FARM(A), "section status can't come");
    expect_refused(STATUS("address = 1"), STATUS("address = 2"), "section status can't");
    expect_refused(STATUS("socket = /a"), STATUS("socket = /b"), "section status can't");
    expect_refused(STATUS("socket = /a"), STATUS("socket = /a socket-group = x"), "can't");
    conf_unref(follow(read_good(STATUS("address = 1")),
                      STATUS("address = 1 hosts = a max-connections = 2 timeout = 1s")));
}
END_TEST

UNIT_MAIN("conf_follow",
    nodes_keep_their_places_whatever_the_order,
    new_nodes_come_behind,
    a_node_that_is_not_named_any_more_stays_as_gone_without_weight,
    a_node_that_comes_back_has_its_old_place,
    a_name_with_another_address_is_another_node,
    farms_and_listeners_keep_their_places,
    what_cant_change_while_running_is_refused,
    a_node_keeps_its_tag,
    the_status_endpoint_keeps_its_place)
