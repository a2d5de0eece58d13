/* SPDX-License-Identifier: ISC */
/* The check sections of a configuration: what they mean, what is said of bad
 * ones, where passwords come from, and what becomes of them in a reload. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

#define LISTENER "listener l { address = 2 }\n"
#define FARM(text) "farm f {\nnode a { address = 1 tag = a0 }\n" text "\n}\n" LISTENER

START_TEST(a_check_has_its_defaults)
{
    struct conf *conf = read_good(FARM("check { type = http }"));
    const struct conf_check *check = conf->farms[0].checks;

    ck_assert_uint_eq(conf->farms[0].check_count, 1);
    ck_assert_int_eq(check->type, CONF_CHECK_HTTP);
    ck_assert_uint_eq(check->port, 0);
    ck_assert_uint_eq(check->addr.len, 0);
    ck_assert_uint_eq(check->interval_ms, 2000);
    ck_assert_uint_eq(check->fast_interval_ms, 1000);
    ck_assert_uint_eq(check->down_interval_ms, 5000);
    ck_assert_uint_eq(check->timeout_ms, 2000);
    ck_assert_uint_eq(check->rise, 2);
    ck_assert_uint_eq(check->fall, 3);
    ck_assert_str_eq(check->path, "/");
    ck_assert_str_eq(check->secret, "");
    ck_assert_uint_eq(check->expect_status.low, 200);
    ck_assert_uint_eq(check->expect_status.high, 399);
    conf_unref(conf);
}
END_TEST

START_TEST(several_checks_keep_their_order_and_a_nodes_own_go_before_the_farms)
{
    struct conf *conf = read_good("farm f { check { port = 1 } check { port = 2 }\n"
                                  "node a { address = 1 }\n"
                                  "node b { address = 2 check { port = 3 } check { port = 4 } } }\n"
                                  LISTENER);
    const struct conf_farm *farm = conf->farms;
    const struct conf_check *checks;
    size_t count;

    checks = conf_node_checks(farm, &farm->nodes[0], &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(checks[0].port, 1);
    ck_assert_uint_eq(checks[1].port, 2);
    checks = conf_node_checks(farm, &farm->nodes[1], &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(checks[0].port, 3);
    ck_assert_uint_eq(checks[1].port, 4);
    conf_unref(conf);
}
END_TEST

START_TEST(fast_interval_is_never_above_interval)
{
    struct conf *conf = read_good(FARM("check { interval = 300ms }"));

    ck_assert_uint_eq(conf->farms[0].checks[0].fast_interval_ms, 300);
    conf_unref(conf);
}
END_TEST

START_TEST(an_address_of_its_own_is_read)
{
    struct conf *conf = read_good(FARM("check { address = 10.0.0.9 }\n"
                                       "check { address = '2001:db8::9' }"));
    char text[ADDR_TEXT_SIZE];

    ck_assert_str_eq(addr_format(&conf->farms[0].checks[0].addr, text), "10.0.0.9:0");
    ck_assert_str_eq(addr_format(&conf->farms[0].checks[1].addr, text), "[2001:db8::9]:0");
    conf_unref(conf);
}
END_TEST

START_TEST(an_expected_status_is_one_or_a_range)
{
    struct conf *conf = read_good(FARM("check { type = http expect-status = 204 }\n"
                                       "check { type = http expect-status = 200-299 }"));

    ck_assert_uint_eq(conf->farms[0].checks[0].expect_status.low, 204);
    ck_assert_uint_eq(conf->farms[0].checks[0].expect_status.high, 204);
    ck_assert_uint_eq(conf->farms[0].checks[1].expect_status.high, 299);
    conf_unref(conf);
}
END_TEST

/* A check with the password file of these octets; NULL: it is refused. */
static struct conf *
read_password(const char *bytes, size_t n)
{
    char name[] = "/tmp/check_conf_secret.XXXXXX", text[512];
    struct conf *conf;

    write_file(name, bytes, n);
    snprintf(text, sizeof(text), FARM("check { type = smpp system-id = x password-file = '%s' }"),
             name);
    conf = read_text(text);
    unlink(name);
    return conf;
}

START_TEST(the_password_is_the_first_line_of_its_file)
{
    static const char *const files[] = {"secret", "secret\n", "secret\r\n", "secret\nmore\n"};
    struct conf *conf;
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        conf = read_password(files[i], strlen(files[i]));
        ck_assert_msg(conf != NULL, "%s", error);
        ck_assert_str_eq(conf->farms[0].checks[0].secret, "secret");
        conf_unref(conf);
    }
}
END_TEST

START_TEST(a_password_file_without_a_password_is_refused)
{
    char lots[300];

    memset(lots, 'x', sizeof(lots));
    ck_assert_ptr_null(read_password("", 0));
    ck_assert_ptr_nonnull(strstr(error, "must have 1 to 255 octets"));
    ck_assert_ptr_null(read_password("\nsecret\n", 8));
    ck_assert_ptr_null(read_password("sec\0ret\n", 8));
    ck_assert_ptr_null(read_password(lots, sizeof(lots)));
    ck_assert_ptr_null(read_password(lots, 256));
    conf_unref(read_password(lots, 255));
    ck_assert_str_eq(error, "");
}
END_TEST

START_TEST(a_pipe_in_place_of_a_password_is_not_waited_for)
{
    char folder[] = "/tmp/check_conf_pipe.XXXXXX", pipe_path[64], text[512];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
    ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
    snprintf(text, sizeof(text), FARM("check { type = smpp system-id = x password-file = '%s' }"),
             pipe_path);
    ck_assert_ptr_null(read_text(text));
    ck_assert_ptr_nonnull(strstr(error, "must have 1 to 255 octets"));
    unlink(pipe_path);
    rmdir(folder);
}
END_TEST

START_TEST(a_password_is_never_printed)
{
    struct conf *conf = read_good(FARM("check { type = smpp system-id = x password = hushhush }"));
    char *text = print_text(conf);

    ck_assert_str_eq(conf->farms[0].checks[0].secret, "hushhush");
    ck_assert_ptr_null(strstr(text, "hushhush"));
    ck_assert_ptr_nonnull(strstr(text, "password = \"\"   # set, and not shown\n"));
    conf_unref(read_good(text));
    free(text);
    conf_unref(conf);
}
END_TEST

#define LONG_256 \
    "0123456789012345678901234567890123456789012345678901234567890123" \
    "0123456789012345678901234567890123456789012345678901234567890123" \
    "0123456789012345678901234567890123456789012345678901234567890123" \
    "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
    const char *text;
    int line;
    const char *says;
} bad[] = {
    {FARM("check {\ntype = icmp }"), 4, "must be tcp, smpp or http"},
    {FARM("check { type = tcp\npath = '/x' }"), 4,
     "'path' is of checks of type http, and this one is of type tcp"},
    {FARM("check {\n\nexpect = x }"), 5, "'expect' is of checks of type http"},
    {FARM("check { type = smpp\nuser = x }"), 4, "'user' is of checks of type http"},
    {FARM("check { type = http\nsystem-id = x }"), 4, "'system-id' is of checks of type smpp"},
    {FARM("check { type = tcp\npassword = x }"), 4, "of type smpp or http"},
    {FARM("check { type = smpp\npassword = x }"), 4, "no meaning without 'system-id'"},
    {FARM("check { type = smpp\nsystem-type = x }"), 4, "no meaning without 'system-id'"},
    {FARM("check { type = http\npassword-file = '/dev/null' }"), 4, "no meaning without 'user'"},
    {FARM("check { type = http user = 'a:b' }"), 3, "must not hold a colon"},
    {FARM("check { type = smpp system-id = x\npassword-file = '/dev/null'\npassword = x }"), 5,
     "one is enough"},
    {FARM("check { type = smpp system-id = x\npassword-file = '/nonexistent/x' }"), 4,
     "/nonexistent/x: No such file"},
    {FARM("check { type = smpp system-id = x\npassword-file = 'x' }"), 4, "a whole path: /PATH"},
    {FARM("check { type = smpp system-id = x\npassword = '" LONG_256 "' }"), 4,
     "password = (not shown): must not be longer than 255 octets"},
    {FARM("check { interval = 1s\nfast-interval = 2s }"), 4, "must not be more than interval"},
    {FARM("check { port = 65536 }"), 3, "from 0 to 65535"},
    {FARM("check { rise = 0 }"), 3, "from 1 to 1000"},
    {FARM("check { address = gw1 }"), 3, "must be an IP address without a port"},
    {FARM("check { address = '10.0.0.1:5' }"), 3, "must be an IP address without a port"},
    {FARM("check { type = http path = x }"), 3, "must begin with a slash"},
    {FARM("check { type = http path = '/a b' }"), 3, "hold neither blanks nor #"},
    {FARM("check { type = http host = 'a\r' }"), 3, "must not hold control characters"},
    {FARM("check { type = http expect-status = 99 }"), 3, "from 100 to 599"},
    {FARM("check { type = http expect-status = 600 }"), 3, "from 100 to 599"},
    {FARM("check { type = http expect-status = 300-200 }"), 3, "200 or 200-399"},
    {FARM("check { type = http expect-status = 2xx }"), 3, "200 or 200-399"},
    {FARM("check { type = http expect-status = '200-' }"), 3, "200 or 200-399"},
    {FARM("check { type = http expect-status = '200-2999' }"), 3, "200 or 200-399"},
    {FARM("check { type = http expect-status = '' }"), 3, "200 or 200-399"},
    {FARM("check { intervall = 1s }"), 3, "did you mean 'interval'?"},
    {FARM("check { opened() }"), 3, "unknown keyword 'opened'"},
    {FARM("check x { }"), 3, "or check { ... }"},
    {"check { }\n" FARM(""), 1, "unknown keyword 'check'"},
    {FARM("node u { address = unix:/x\ncheck { port = 5 } }"), 4, "'u' is a unix socket"},
    {FARM("node u { address = unix:/x }\ncheck { address = 10.0.0.1 }"), 4, "both address and"},
    {"resolver = gw1\n" FARM(""), 1, "must be an IP address, with a port if need be"},
    {"resolver = '1.2.3.4:0'\n" FARM(""), 1, "must be an IP address, with a port if need be"},
    {"resolver = '1.2.3.4:65536'\n" FARM(""), 1, "must be an IP address, with a port if need be"},
    {"resolver = '[1.2.3.4]:53'\n" FARM(""), 1, "must be an IP address, with a port if need be"},
};

START_TEST(a_bad_check_is_refused_with_line_and_reason)
{
    char place[32];
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(read_text(bad[i].text) == NULL, "taken: %s", bad[i].text);
        snprintf(place, sizeof(place), ":%d: ", bad[i].line);
        ck_assert_msg(strstr(error, place) != NULL, "not %s but %s\n%s", place, error,
                      bad[i].text);
        ck_assert_msg(strstr(error, bad[i].says) != NULL, "not \"%s\" but %s", bad[i].says,
                      error);
    }
}
END_TEST

START_TEST(a_name_server_may_have_a_port)
{
    static const char *const good[] = {"192.0.2.1", "192.0.2.1:53", "2001:db8::1", "::1",
                                       "[2001:db8::1]:5353"};
    char text[256];
    struct conf *conf;
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(text, sizeof(text), "resolver = '%s'\n" FARM(""), good[i]);
        conf = read_good(text);
        ck_assert_str_eq(conf->resolver, good[i]);
        conf_unref(conf);
    }
}
END_TEST

START_TEST(checks_follow_their_farm_and_node_in_a_reload)
{
    struct conf *now = read_good("farm f { check { port = 1 }\n"
                                 "node a { address = 1 tag = a0 check { port = 2 } }\n"
                                 "node b { address = 2 tag = b0 check { port = 3 } } }\n" LISTENER);
    struct conf *next = read_good("farm f { check { port = 4 } check { port = 5 }\n"
                                  "node c { address = 3 tag = c0 check { port = 6 } }\n"
                                  "node b { address = 2 tag = b0 check { port = 7 } } }\n"
                                  LISTENER);
    const struct conf_farm *farm;

    ck_assert_msg(conf_follow(next, now, error), "%s", error);
    conf_unref(now);
    farm = &next->farms[0];
    ck_assert_uint_eq(farm->check_count, 2);
    ck_assert_uint_eq(farm->checks[1].port, 5);
    ck_assert(farm->nodes[0].gone);
    ck_assert_uint_eq(farm->nodes[0].check_count, 0);
    ck_assert_uint_eq(farm->nodes[1].checks[0].port, 7);
    ck_assert_uint_eq(farm->nodes[2].checks[0].port, 6);
    conf_unref(next);
}
END_TEST

UNIT_MAIN("conf_check",
    a_check_has_its_defaults,
    several_checks_keep_their_order_and_a_nodes_own_go_before_the_farms,
    fast_interval_is_never_above_interval,
    an_address_of_its_own_is_read,
    an_expected_status_is_one_or_a_range,
    the_password_is_the_first_line_of_its_file,
    a_password_file_without_a_password_is_refused,
    a_pipe_in_place_of_a_password_is_not_waited_for,
    a_password_is_never_printed,
    a_bad_check_is_refused_with_line_and_reason,
    a_name_server_may_have_a_port,
    checks_follow_their_farm_and_node_in_a_reload)
