/* SPDX-License-Identifier: ISC */
/* The routes of a listener: what they may say, and which farms they join. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

#define A "farm a { node a1 { address = 1 tag = a1 } node a2 { address = 2 tag = a2 } }\n"
#define B "farm b { node b1 { address = 3 tag = b1 } }\n"
#define C "farm c { node c1 { address = 4 tag = c1 } }\n"
#define T "farm t { mode = tcp node t1 { address = 5 } }\n"
#define ROUTES(text) A B C T "listener l { address = 9 farm = a\n" text "\n}\n"

static const char whole[] = ROUTES(
    "route { system-id = \"bulk*\" farm = b }\n"
    "route { source = \"4670*\" destination = \"46701234567\" farm = c }\n"
    "route { system-id = \"x[0-9]?\" destination = \"*\" farm = b }\n"
    "route { system-id = x farm = a }");

START_TEST(routes_are_read_in_their_order)
{
    struct conf *conf = read_good(whole);
    const struct conf_route *routes = conf->listeners[0].routes;

    ck_assert_uint_eq(conf->listeners[0].route_count, 4);
    ck_assert_str_eq(routes[0].system_id, "bulk*");
    ck_assert_ptr_eq(routes[0].farm, &conf->farms[1]);
    ck_assert(!conf_route_is_of_messages(&routes[0]));
    ck_assert_uint_eq(routes[1].source.len, 4);
    ck_assert(!routes[1].source.exact);
    ck_assert_uint_eq(routes[1].destination.len, 11);
    ck_assert(routes[1].destination.exact);
    ck_assert(conf_route_is_of_messages(&routes[1]));
    ck_assert_uint_eq(routes[2].destination.len, 0);
    ck_assert(!routes[2].destination.exact && !routes[2].source.exact);
    ck_assert(conf_route_is_of_messages(&routes[2]));
    ck_assert_ptr_eq(routes[3].farm, &conf->farms[0]);
    conf_unref(conf);
}
END_TEST

START_TEST(what_is_printed_reads_the_same)
{
    struct conf *conf = read_good(whole);
    char *text = print_twice(conf);

    ck_assert_ptr_nonnull(strstr(text, "destination = \"46701234567\"\n"));
    free(text);
    conf_unref(conf);
}
END_TEST

static const struct {
    const char *text;
    int line;
    const char *says;
} bad[] = {
    {ROUTES("route { destination = \"46*\" }"), 6, "route names no farm: farm = a"},
    {ROUTES("\nroute {\ndestination = \"46*\"\nfarm = d }"), 9,
     "farm = d: there is no farm of that name"},
    {ROUTES("route { destination = \"46*\"\nfarm = t }"), 7, "farm = t: its mode is tcp"},
    {ROUTES("\nroute { farm = b }"), 7, "route must say what it is for: system-id = "},
    {ROUTES("route {\ndestination = \"46*7\" farm = b }"), 7,
     "destination = 46*7: must be an address, or what it begins with and a star"},
    {ROUTES("route {\nsource = \"46?\" farm = b }"), 7, "source = 46?: must be an address"},
    {ROUTES("route {\nsource = \"46**\" farm = b }"), 7, "source = 46**: must be an address"},
    {ROUTES("route {\ndest = 46 farm = b }"), 7, "unknown keyword 'dest'"},
    {ROUTES("route x { destination = 46 farm = b }"), 6, "SECTION NAME"},
    {ROUTES("route {\nsource = 46 source = 47 farm = b }"), 7, "'source' is already set in line 7"},
    {A T "listener l { address = 9 farm = t\nroute { system-id = x farm = a }\n}\n", 4,
     "'route' is about SMPP and says nothing with mode = tcp"},
    {"farm a { node n { address = 1 } }\nfarm b { node m { address = 2 } }\n"
     "listener lis { address = 9 farm = a\nroute { destination = 46 farm = b }\n}\n", 4,
     "sessions of listener 'lis' reach node 'm' of farm 'b' and node 'n' of farm 'a', whose "
     "message_ids begin alike: give one of them another tag, tag = \"a0\""},
    {A B "farm c { node c1 { address = 4 tag = b1 } }\nlistener l { address = 9 farm = a\n"
     "route { system-id = x farm = b }\nroute { source = 46 farm = c }\n}\n", 6,
     "reach node 'c1' of farm 'c' and node 'b1' of farm 'b'"},
    {A "farm b { message-id = prefix node n { address = 2 id-prefix = a123 } }\n"
     "listener l { address = 9 farm = a\nroute { source = 46 farm = b }\n}\n", 4,
     "give one of them another id-prefix"},
};

START_TEST(a_bad_route_is_refused_with_line_and_reason)
{
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_refuse(bad[i].text, bad[i].line, bad[i].says);
    }
}
END_TEST

/* Nobody has ids of both. */
START_TEST(farms_that_no_session_reaches_together_may_have_equal_tags)
{
    conf_unref(read_good("farm a { node n { address = 1 } }\nfarm b { node m { address = 2 } }\n"
                         "farm c { node o { address = 3 } }\n"
                         "listener l { address = 9 farm = a\n"
                         "route { system-id = x farm = b } route { system-id = y farm = c } }\n"));
    conf_unref(read_good("farm a { node n { address = 1 } }\n"
                         "farm b { message-id = learn node m { address = 2 } }\n"
                         "listener l { address = 9 farm = a\n"
                         "route { destination = 46 farm = b } }\n"));
}
END_TEST

START_TEST(a_listener_has_64_routes_at_most)
{
    char text[8192] = A B "listener l { address = 9 farm = a\n";
    int i;

    for (i = 0; i < CONF_ROUTES_MAX; i++)
        strcat(text, "route { destination = 46 farm = b }\n");
    strcat(text, "}\n");
    conf_unref(read_good(text));
    strcpy(text + strlen(text) - 2, "\nroute { destination = 46 farm = b } }\n");
    ck_assert_ptr_null(read_text(text));
    ck_assert_ptr_nonnull(strstr(error, ":69: listener 'l' has more than 64 routes"));
}
END_TEST

START_TEST(farms_that_routes_lead_to_are_one_group)
{
    struct conf *conf = read_good(A B C "farm d { node d1 { address = 5 tag = d1 } }\n"
                                  "listener k { address = 8 farm = c\n"
                                  "route { system-id = x farm = b } }\n"
                                  "listener l { address = 9 farm = b\n"
                                  "route { destination = 46 farm = a } }\n"
                                  "listener m { address = 10 farm = d }\n");

    ck_assert_str_eq(conf->farms[0].group, "a");
    ck_assert_ptr_eq(conf->farms[1].group, conf->farms[0].group);
    ck_assert_ptr_eq(conf->farms[2].group, conf->farms[0].group);
    ck_assert_str_eq(conf->farms[3].group, "d");
    conf_unref(conf);
}
END_TEST

START_TEST(a_change_keeps_routes_with_their_farms)
{
    struct conf *now = read_good(ROUTES("route { destination = 46 farm = b }")), *next;
    const struct conf_listener *listener;

    next = read_good(C T B A "listener l { address = 9 farm = a\n"
                     "route { destination = 47 farm = c }\n"
                     "route { destination = 46 farm = b } route { source = 1 farm = a }\n}\n");
    ck_assert_msg(conf_follow(next, now, error), "%s", error);
    listener = &next->listeners[0];
    ck_assert_uint_eq(listener->route_count, 3);
    ck_assert_ptr_eq(listener->routes[0].farm, &next->farms[2]);
    ck_assert_ptr_eq(listener->routes[1].farm, &next->farms[1]);
    ck_assert_ptr_eq(listener->routes[2].farm, &next->farms[0]);
    ck_assert_str_eq(listener->routes[0].farm->name, "c");
    ck_assert_str_eq(next->farms[2].group, "a");
    conf_unref(now);
    conf_unref(next);
}
END_TEST

UNIT_MAIN("conf_route", routes_are_read_in_their_order, what_is_printed_reads_the_same,
          a_bad_route_is_refused_with_line_and_reason,
          farms_that_no_session_reaches_together_may_have_equal_tags,
          a_listener_has_64_routes_at_most, farms_that_routes_lead_to_are_one_group,
          a_change_keeps_routes_with_their_farms)
