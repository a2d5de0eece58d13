/* SPDX-License-Identifier: ISC */
/* The configuration: what a file means, what is said of a bad one, and that the
 * manual page and the example keep up with the keywords. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/key.h"
#include "smpp/status.h"
#include "unit/certificate.h"
#include "unit/conf_text.h"
#include "unit/unit.h"

#define FARM "farm f { node a { address = 1 } }\n"
#define FARM_WITH_CHECK "farm f { node a { address = 1 } check { type = http } " \
                        "check { type = smpp } }\n"
#define LISTENER "listener l { address = 2 }\n"

/* --- good files --- */

START_TEST(a_short_file_gets_the_defaults)
{
    struct conf *conf = read_good(FARM LISTENER);
    const struct conf_farm *farm = conf->farms;
    const struct conf_listener *listener = conf->listeners;
    char text[ADDR_TEXT_SIZE];

    ck_assert_str_eq(conf->log_target, "stderr");
    ck_assert_int_eq(conf->log_level, LOG_LEVEL_INFO);
    ck_assert_uint_eq(conf->drain_timeout_ms, 30000);
    ck_assert_uint_eq(conf->farm_count, 1);
    ck_assert_str_eq(farm->name, "f");
    ck_assert_int_eq(farm->balance, CONF_ROUND_ROBIN);
    ck_assert(farm->links == CONF_LINKS_SESSION && farm->links_per_node == 1);
    ck_assert_uint_eq(farm->linger_ms, 5000);
    ck_assert_uint_eq(farm->window, 1000);
    ck_assert_uint_eq(farm->connect_timeout_ms, 4000);
    ck_assert_uint_eq(farm->response_timeout_ms, 60000);
    ck_assert_uint_eq(farm->enquire_link_ms, 10000);
    ck_assert_uint_eq(farm->enquire_timeout_ms, 5000);
    ck_assert_uint_eq(farm->reconnect_ms, 500);
    ck_assert_uint_eq(farm->reconnect_max_ms, 5000);
    ck_assert_uint_eq(farm->max_pdu, 70000);
    ck_assert_uint_eq(farm->bind_gather_ms, 100);
    ck_assert_uint_eq(farm->grace_ms, 30000);
    ck_assert_uint_eq(farm->queue_timeout_ms, 5000);
    ck_assert_int_eq(farm->redispatch, CONF_REDISPATCH_ALL);
    ck_assert_uint_eq(farm->redispatch_max, 3);
    ck_assert_uint_eq(farm->busy_status, SMPP_RTHROTTLED);
    ck_assert_int_eq(farm->concat_place, CONF_CONCAT_PLACE_BALANCE);
    ck_assert_int_eq(farm->concat_loss, CONF_CONCAT_LOSS_MOVE);
    ck_assert_uint_eq(farm->concat_ttl_ms, 120000);
    ck_assert_uint_eq(farm->concat_linger_ms, 10000);
    ck_assert_uint_eq(farm->concat_max, 100000);
    ck_assert_int_eq(farm->message_id, CONF_MESSAGE_ID_TAG);
    ck_assert_uint_eq(farm->learn_max, 1000000);
    ck_assert_uint_eq(farm->check_count, 0);
    ck_assert_uint_eq(farm->resolve_ms, 30000);
    ck_assert_str_eq(conf->resolver, "");
    ck_assert_uint_eq(farm->node_count, 1);
    ck_assert_uint_eq(farm->nodes[0].check_count, 0);
    ck_assert_str_eq(farm->nodes[0].name, "a");
    ck_assert_str_eq(farm->nodes[0].tag, "10");
    ck_assert_str_eq(farm->nodes[0].id_prefix, "");
    ck_assert_str_eq(farm->nodes[0].address, "1");
    ck_assert_str_eq(addr_format(&farm->nodes[0].addr, text), "127.0.0.1:1");
    ck_assert_uint_eq(farm->nodes[0].weight, 1);
    ck_assert(!farm->nodes[0].backup);
    ck_assert_uint_eq(conf->listener_count, 1);
    ck_assert_ptr_eq(listener->farm, farm);
    ck_assert_str_eq(addr_format(&listener->addr, text), "0.0.0.0:2");
    ck_assert_uint_eq(listener->bind_timeout_ms, 5000);
    ck_assert_uint_eq(listener->window, 1000);
    ck_assert_uint_eq(listener->response_timeout_ms, 60000);
    ck_assert_uint_eq(listener->enquire_link_ms, 30000);
    ck_assert_uint_eq(listener->enquire_timeout_ms, 30000);
    ck_assert_uint_eq(listener->inactivity_timeout_ms, 0);
    ck_assert_uint_eq(listener->hold, 256 * 1024);
    ck_assert_uint_eq(listener->max_pdu, 70000);
    conf_unref(conf);
}
END_TEST

static const char whole[] =
    "# all of it\n"
    "log = \"file:/var/log/a \\\"b\\\" \\$c \\\\d.log\"   // a comment\n"
    "workers = 3  cpu-affinity = yes  log-level = debug  drain-timeout = 2m\n"
    "resolver = 127.0.0.1:5353\n"
    "farm one {\n"
    "    balance = least-pending  window = 17\n"
    "    links = account  links-per-node = 3  linger = 0\n"
    "    connect-timeout = 1s  response-timeout = \"90s\"  enquire-link = 0\n"
    "    enquire-timeout = 1500ms  reconnect = 10ms  reconnect-max = 1h\n"
    "    max-pdu = 64K  bind-gather = 0  grace = 5  queue-timeout = 250ms\n"
    "    redispatch = unsent  redispatch-max = 0  busy-status = 0x422\n"
    "    concat-place = hash  concat-loss = refuse  concat-ttl = 1m  concat-linger = 0\n"
    "    concat-max = 7  message-id = tag  learn-max = 1024  resolve = 0\n"
    "    node a { address = 10.0.0.1:2775  weight = 0\n"
    "        check { type = smpp  system-id = probe  password-file = \"/proc/self/comm\"\n"
    "            system-type = x  interval = 10s  down-interval = 1m  timeout = 500ms }\n"
    "        check { }\n"
    "    }\n"
    "    check { type = http  port = 8080  path = \"/admin/info?a=\\\"b\\\"\"  host = gw\n"
    "        user = u  expect-status = 200  expect = \"UP \\$\"  refuse = DOWN  rise = 1\n"
    "        fall = 7  interval = 500ms  address = \"::1\" }\n"
    "    node b { address = \"[::1]:2775\"  backup = yes  tag = 'aZ' }\n"
    "}\n"
    "farm two { balance = destination  message-id = prefix\n"
    "    node a { address = unix:/run/gw.sock  id-prefix = '0001' } }   /* the\n"
    " other */\n"
    "listener l.1 { address = 127.0.0.1:0 farm = two  hold = 1MiB  max-pdu = 512\n"
    "  inactivity-timeout = 10m  bind-timeout = 2s  window = 5  enquire-link = 1s }\n"
    "listener l-2 { address = '127.0.0.1:0' farm = \"one\"\n"
    "  route { system-id = 'b*' source = 99 destination = '46*' farm = two } }\n"
    "status { address = 8080  socket = /run/s.sock  socket-group = ops  hosts = \"a b\"\n"
    "  max-connections = 3  timeout = 100ms }\n";

START_TEST(every_keyword_reaches_its_field)
{
    struct conf *conf = read_good(whole);
    const struct conf_farm *farm = conf->farms;

    ck_assert_str_eq(conf->log_target, "file:/var/log/a \"b\" $c \\d.log");
    ck_assert_int_eq(conf->log_level, LOG_LEVEL_DEBUG);
    ck_assert_str_eq(conf->resolver, "127.0.0.1:5353");
    ck_assert_uint_eq(conf->workers, 3);
    ck_assert(conf->cpu_affinity);
    ck_assert_uint_eq(conf->drain_timeout_ms, 120000);
    ck_assert_int_eq(farm->balance, CONF_LEAST_PENDING);
    ck_assert_int_eq(farm->links, CONF_LINKS_ACCOUNT);
    ck_assert_uint_eq(farm->links_per_node, 3);
    ck_assert_uint_eq(farm->linger_ms, 0);
    ck_assert_uint_eq(farm->window, 17);
    ck_assert_uint_eq(farm->response_timeout_ms, 90000);
    ck_assert_uint_eq(farm->enquire_link_ms, 0);
    ck_assert_uint_eq(farm->enquire_timeout_ms, 1500);
    ck_assert_uint_eq(farm->reconnect_max_ms, 3600000);
    ck_assert_uint_eq(farm->max_pdu, 65536);
    ck_assert_uint_eq(farm->grace_ms, 5000);
    ck_assert_uint_eq(farm->queue_timeout_ms, 250);
    ck_assert_int_eq(farm->redispatch, CONF_REDISPATCH_UNSENT);
    ck_assert_uint_eq(farm->redispatch_max, 0);
    ck_assert_uint_eq(farm->busy_status, 0x422);
    ck_assert_int_eq(farm->concat_place, CONF_CONCAT_PLACE_HASH);
    ck_assert_int_eq(farm->concat_loss, CONF_CONCAT_LOSS_REFUSE);
    ck_assert_uint_eq(farm->concat_ttl_ms, 60000);
    ck_assert_uint_eq(farm->concat_linger_ms, 0);
    ck_assert_uint_eq(farm->concat_max, 7);
    ck_assert_uint_eq(farm->learn_max, 1024);
    ck_assert_uint_eq(farm->resolve_ms, 0);
    ck_assert_str_eq(farm->nodes[0].tag, "10");
    ck_assert_str_eq(farm->nodes[1].tag, "aZ");
    ck_assert_int_eq(conf->farms[1].balance, CONF_DESTINATION);
    ck_assert_int_eq(conf->farms[1].message_id, CONF_MESSAGE_ID_PREFIX);
    ck_assert_str_eq(conf->farms[1].nodes[0].id_prefix, "0001");
    ck_assert_uint_eq(farm->nodes[0].weight, 0);
    ck_assert(farm->nodes[1].backup);
    ck_assert_int_eq(farm->nodes[1].addr.sa.any.sa_family, AF_INET6);
    ck_assert_int_eq(conf->farms[1].nodes[0].addr.sa.any.sa_family, AF_UNIX);
    ck_assert_ptr_eq(conf->listeners[0].farm, &conf->farms[1]);
    ck_assert_uint_eq(conf->listeners[0].hold, 1 << 20);
    ck_assert_uint_eq(conf->listeners[0].inactivity_timeout_ms, 600000);
    ck_assert_ptr_eq(conf->listeners[1].farm, &conf->farms[0]);
    conf_unref(conf);
}
END_TEST

/* These sections stand there only where they were written. */
static bool
is_of_tls(const struct key *key)
{
    return key->section == KEY_TLS || key->section == KEY_NODE_TLS;
}

START_TEST(what_is_printed_reads_the_same)
{
    struct conf *conf = read_good(whole);
    char *text = print_twice(conf);
    size_t i;

    ck_assert_ptr_null(strstr(text, "check_conf"));    /* the password is this program's name */
    for (i = 0; i < key_count; i++)
        ck_assert_msg(is_of_tls(&keys[i]) || strstr(text, keys[i].name) != NULL,
                      "%s is not printed", keys[i].name);
    free(text);
    conf_unref(conf);
}
END_TEST

START_TEST(sections_of_tls_are_read_and_printed)
{
    static const char form[] =
        "farm f { tls { verify = none }\n"
        " node a { address = 1 } node b { address = '[::1]:2' }\n"
        " node c { address = unix:/x tls { server-name = gw.test ca = %1$s min-version = 1.3\n"
        "   certificate = %1$s } } }\n"
        "listener plain { address = 2 }\n"
        "listener l { address = 3 tls { certificate = %1$s verify = optional ca = %1$s\n"
        "   names = 'a = b, c; d = e' ciphers = ECDHE-ECDSA-AES128-GCM-SHA256 }\n"
        "   tls { key = %1$s certificate = %1$s } }\n"
        "status { address = 4 tls { certificate = %1$s verify = required ca = %1$s }\n"
        "   tls { certificate = %1$s } }\n";
    char pem[] = "/tmp/check_conf_pem.XXXXXX", text[2048], *printed;
    struct conf *conf;
    size_t i;

    unit_certificate(pem, "a.test", 1000);
    snprintf(text, sizeof(text), form, pem);
    conf = read_good(text);
    ck_assert_ptr_nonnull(conf->farms[0].tls);
    ck_assert_ptr_null(conf->farms[0].nodes[0].tls);
    for (i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(conf->farms[0].nodes[i].tls_client);
    ck_assert_str_eq(conf->farms[0].nodes[2].tls->server_name, "gw.test");
    ck_assert_int_eq(conf->farms[0].nodes[2].tls->settings.verify, TLS_VERIFY_REQUIRED);
    ck_assert_int_eq(conf->farms[0].nodes[2].tls->settings.min_version, TLS_VERSION_1_3);
    ck_assert_ptr_null(conf->listeners[0].tls_server);
    ck_assert_ptr_nonnull(conf->listeners[1].tls_server);
    ck_assert_uint_eq(conf->listeners[1].tls_count, 2);
    ck_assert_str_eq(conf->listeners[1].tls[0].names, "a = b, c; d = e");
    printed = print_twice(conf);
    for (i = 0; i < key_count; i++)
        ck_assert_msg(!is_of_tls(&keys[i]) || strstr(printed, keys[i].name) != NULL,
                      "%s is not printed", keys[i].name);
    free(printed);
    conf_unref(conf);
    unlink(pem);
}
END_TEST

static bool
is_quoted(enum key_type type)
{
    return type == KEY_LOG_TARGET || type == KEY_TAG || type == KEY_ID_PREFIX ||
           type == KEY_IP || type == KEY_IP_PORT || type == KEY_TEXT || type == KEY_FIELD ||
           type == KEY_PATH || type == KEY_FILE || type == KEY_SECRET || type == KEY_STATUSES ||
           type == KEY_NETWORKS || type == KEY_PATTERN;
}

START_TEST(defaults_are_printed_as_the_table_has_them)
{
    struct conf *conf = read_good(FARM_WITH_CHECK LISTENER "status { address = 8080 }\n");
    char *text = print_text(conf), expected[128];
    const char *quote;
    size_t i;

    for (i = 0; i < key_count; i++) {
        if (!key_has_default(&keys[i]) || keys[i].type == KEY_FARM_NAME ||
            keys[i].type == KEY_FARM_MODE || is_of_tls(&keys[i]) ||
            keys[i].section == KEY_ROUTE)
            continue;
        if (keys[i].section == KEY_ADMIN && keys[i].type == KEY_ADDRESS)
            continue;   /* one of two must be there */
        quote = is_quoted(keys[i].type) ? "\"" : "";
        /* The first node's tag is the first of those that are given by place. */
        snprintf(expected, sizeof(expected), "%s = %s%s%s\n", keys[i].name, quote,
                 keys[i].type == KEY_TAG ? "10"
                 : keys[i].type == KEY_CHECK_TYPE ? "http" : keys[i].initial, quote);
        ck_assert_msg(strstr(text, expected) != NULL, "not printed: %s", expected);
    }
    free(text);
    conf_unref(conf);
}
END_TEST

START_TEST(the_last_reference_frees)
{
    struct conf *conf = read_good(FARM LISTENER);

    ck_assert_ptr_eq(conf_ref(conf), conf);
    conf_unref(conf);
    ck_assert_str_eq(conf->farms[0].name, "f");
    conf_unref(conf);
    conf_unref(NULL);
}
END_TEST

/* --- bad files: the line, and a part of what is said --- */

#define IN_FARM(text) "farm f {\n" text "\nnode a { address = 1 }\n}\n" LISTENER
#define IN_NODE(text) "farm f {\nnode a {\naddress = 1\n" text "\n}\n}\n" LISTENER
#define IN_LISTENER(text) FARM "listener l {\naddress = 2\n" text "\n}\n"

static const struct {
    const char *text;
    int line;
    const char *says;
} bad[] = {
    /* syntax */
    {"", 1, "there is no farm"},
    {"# nothing\n", 1, "there is no farm"},
    {"\nfarm f {\n\n", 2, "the brace that is opened here is not closed"},
    {"farm f {\nnode a {\n" LISTENER "}\n}\n", 3, "unknown keyword 'listener'"},
    {"farm f {\nnode a {\naddress = 1 }\n\n", 1, "the brace that is opened here is not closed"},
    {FARM "window\n", 2, "unknown keyword 'window'"},
    {FARM LISTENER "log\n", 4, "premature end of file"},
    {FARM "}\n", 2, "closes no section"},
    {IN_FARM("window 5"), 2, "KEYWORD = VALUE"},
    {IN_FARM("window = = 3"), 2, "'='"},
    {IN_FARM("window = { 1, 2 }"), 2, "with one value"},
    {IN_FARM("window = 1, 2"), 2, "with one value"},
    {IN_FARM("window += 3"), 2, "allowed within quotation marks"},
    {IN_FARM("window = 3 *"), 2, "allowed within quotation marks"},
    {IN_FARM("\"\" = 3"), 2, "a keyword is expected"},
    {"farm { }\n", 1, "SECTION NAME"},
    {"\nfarm f\nnode\n", 3, "SECTION NAME"},
    {FARM "listener l { address = \"2 }\n\n\n", 2, "quotation mark is not closed"},
    {FARM "/* no end\n\n\n", 2, "comment is not closed"},
    {FARM "a|b = 3\n", 2, "allowed within quotation marks"},
    {FARM "'a|b' = 3\n", 2, "a"},
    /* lines stay right behind comments */
    {"# one\n// two\n/* three\nfour */ /* four */\n# '\nfoo = 1\n", 6, "unknown keyword 'foo'"},
    {"log = 'a # b\nc' # d\nfoo = 1\n", 3, "unknown keyword 'foo'"},
    /* keywords */
    {IN_FARM("windw = 3"), 2, "unknown keyword 'windw'; did you mean 'window'?"},
    {IN_FARM("enquirelink = 3"), 2, "did you mean 'enquire-link'?"},
    {IN_FARM("nod b { }"), 2, "did you mean 'node'?"},
    {IN_FARM("weight = 3"), 2, "; it belongs into section node"},
    {IN_FARM("log = stderr"), 2, "; it stands outside of all sections"},
    {FARM LISTENER "status {\nadress = 1\n}\n", 4, "did you mean 'address'?"},
    {FARM LISTENER "stats { }\n", 3, "did you mean 'status'?"},
    {FARM LISTENER "token-file = /x\n", 3, "it belongs into section status"},
    {FARM LISTENER "status {\n}\n", 3, "needs an address, a socket or both"},
    {FARM LISTENER "status { socket = /a }\nstatus { socket = /b }\n", 4, "is there already"},
    {FARM LISTENER "status x { }\n", 3, ""},
    {FARM LISTENER "status {\naddress = 1\nsocket = a.sock }\n", 5, "must be a whole path"},
    {FARM LISTENER "status {\n\naddress = a:b\n}\n", 5, "a port is a number"},
    {FARM LISTENER "status {\naddress = 1\ntoken-file = /dev/null\n}\n", 5, "16 to 255"},
    {FARM LISTENER "status {\naddress = 1\ntoken-file = /no/such\n}\n", 5, "No such file"},
    {FARM LISTENER "status {\nsocket = /a\ntls { certificate = /x }\n}\n", 5, "an address alone"},
    {FARM LISTENER "status {\naddress = 1\ntls {\ncertificate = /x\nnames = 'a = b' }\n}\n", 7,
     "have no system_id"},
    {FARM LISTENER "status {\naddress = 1\ntls { }\n}\n", 5, "has no certificate: the server's"},
    {FARM LISTENER "status {\naddress = 1\nmax-connections = 0\n}\n", 5, "from 1 to 1024"},
    {IN_FARM("xyzzy = 3"), 2, "unknown keyword 'xyzzy'"},
    {IN_FARM("chek { }"), 2, "did you mean 'check'?"},
    {IN_FARM("opened()"), 2, "unknown keyword 'opened'"},
    {FARM "worker = 2\n", 2, "unknown keyword 'worker'"},
    {"\nworkers = 0\n" FARM LISTENER, 2, "from 1 to 64"},
    {FARM "lstener l { }\n", 2, "did you mean 'listener'?"},
    {IN_LISTENER("tls { }"), 4, "has no certificate: the server's"},
    {IN_LISTENER("tls {\ncertificate = x }"), 5, "must be a whole path: /PATH"},
    {IN_LISTENER("tls {\ncertificate = /nonexistent\n}"), 5,
     "certificate = /nonexistent: no certificate can be read: No such file or directory"},
    {IN_LISTENER("tls {\ncertificate = /x\nca = /x }"), 6, "it says nothing with verify = none"},
    {IN_LISTENER("tls {\ncertificate = /x\nnames = 'a = b' }"), 6, "says nothing"},
    {IN_LISTENER("tls {\ncertificate = /x verify = required\nnames = a }"), 6, "names = a: must"},
    {IN_LISTENER("tls {\ncertificate = /x verify = yes }"), 5, "none, optional or required"},
    {IN_LISTENER("tls {\ncertificate = /x min-version = 1.1 }"), 5, "must be 1.2 or 1.3"},
    {IN_LISTENER("tls {\ncertificat = /x }"), 5, "did you mean 'certificate'?"},
    {IN_LISTENER("tls {\nserver-name = x }"), 5, "it belongs into section tls"},
    {IN_LISTENER("tls x { }"), 4, "opening brace"},
    {IN_FARM("tls { }\ntls { }"), 3, "a farm has one tls section"},
    {IN_NODE("tls {\nverify = optional }"), 5, "must be none or required towards a node"},
    {IN_NODE("check {\ntls = yes }"), 5, "tls = yes: node 'a' and its farm have no tls section"},
    {IN_NODE("tls {\nca = /nonexistent }"), 5, "No such file or directory"},
    {IN_NODE("tls {\nverify = none\ncrl = /nonexistent }"), 6, "it says nothing"},
    {IN_NODE("tls {\nkey = /nonexistent\ncertificate = /nonexistent }"), 6, "No such file"},
    {"farm f {\nnode a { address = unix:/x\ntls { } }\n}\n" LISTENER, 3, "needs a server-name"},
    {IN_FARM("window = 3\n\nwindow = 3"), 4, "'window' is already set in line 2"},
    /* values */
    {"log = stdout\n" FARM LISTENER, 1, "must be stderr, syslog or file:/PATH"},
    {"log = file:x\n" FARM LISTENER, 1, "must be stderr, syslog or file:/PATH"},
    {"\nlog-level = loud\n" FARM LISTENER, 2, "be error, warning, notice, info, debug or trace"},
    {"drain-timeout = 25h\n" FARM LISTENER, 1, "from 0 to 24h"},
    {IN_FARM("balance = best"), 2,
     "balance = best: must be round-robin, least-pending, standby, destination or source"},
    {IN_FARM("links = all"), 2, "must be session or account"},
    {IN_FARM("links-per-node = 65"), 2, "64"},
    {IN_FARM("redispatch = some"), 2, "must be all, unsent or none"},
    {IN_FARM("window = 0"), 2, "window = 0: must be a whole number, from 1 to 65535"},
    {IN_FARM("window = 65536"), 2, "from 1 to 65535"},
    {IN_FARM("window = 4294967297"), 2, "from 1 to 65535"},
    {IN_FARM("window = 99999999999999999999999"), 2, "from 1 to 65535"},
    {IN_FARM("window = 5s"), 2, "from 1 to 65535"},
    {IN_FARM("window = ''"), 2, "from 1 to 65535"},
    {IN_FARM("window = 0x10"), 2, "from 1 to 65535"},
    {IN_FARM("connect-timeout = 5x"), 2, "such as 500ms, 5s, 2m or 1h, from 10ms to 60m"},
    {IN_FARM("connect-timeout = 1.5s"), 2, "such as 500ms"},
    {IN_FARM("connect-timeout = -1s"), 2, "such as 500ms"},
    {IN_FARM("connect-timeout = 0"), 2, "from 10ms"},
    {IN_FARM("connect-timeout = 4294968s"), 2, "to 60m"},
    {IN_FARM("connect-timeout = 5000000000"), 2, "to 60m"},
    {IN_FARM("reconnect = 20s"), 2, "reconnect-max must not be less than reconnect"},
    {IN_FARM("reconnect = 20s\nreconnect-max = 19s"), 3, "must not be less"},
    {IN_FARM("max-pdu = 511"), 2, "from 512 to 70000"},
    {IN_FARM("max-pdu = 1M"), 2, "from 512 to 70000"},
    {IN_FARM("max-pdu = 1G"), 2, "such as 70000 or 64KiB"},
    {IN_FARM("busy-status = ESME_RFOO"), 2, "ESME_RTHROTTLED, 0x58 or 88"},
    {IN_FARM("busy-status = 0"), 2, "other than ESME_ROK"},
    {IN_NODE("weight = -1"), 4, "weight = -1: must be a whole number, from 0 to 256"},
    {IN_NODE("weight = 257"), 4, "from 0 to 256"},
    {IN_NODE("backup = maybe"), 4, "true or false"},
    {IN_FARM("concat-place = best"), 2, "must be round-robin or hash"},
    {IN_FARM("concat-loss = drop"), 2, "must be move or refuse"},
    {IN_FARM("concat-ttl = 0"), 2, "from 1s"},
    {IN_FARM("concat-max = 0"), 2, "from 1 to 10000000"},
    {IN_FARM("learn-max = 1000"), 2, "from 1024 to 10000000"},
    {IN_FARM("message-id = none"), 2, "must be tag, prefix or learn"},
    {IN_NODE("tag = 1"), 4, "must be two letters or digits"},
    {IN_NODE("tag = 123"), 4, "must be two letters or digits"},
    {IN_NODE("tag = 'a-'"), 4, "must be two letters or digits"},
    {IN_NODE("id-prefix = 12345678901234567"), 4, "must be 1 to 16 letters or digits"},
    {IN_FARM("node b {\naddress = 3\ntag = 11 }"), 5, "another node has the same tag"},
    {IN_FARM("message-id = prefix"), 3, "node 'a': message-id = prefix needs an id-prefix"},
    {"farm f {\nmessage-id = prefix\nnode b { address = 3\nid-prefix = 00 }\n"
     "node c { address = 4\nid-prefix = 001 }\n}\n" LISTENER, 6, "begins with the same"},
    {IN_LISTENER("hold = 1023"), 4, "from 1024 to 16MiB"},
    {IN_LISTENER("hold = 17M"), 4, "from 1024 to 16MiB"},
    {IN_LISTENER("max-pdu = 70001"), 4, "from 512 to 70000"},
    /* names */
    {"farm 'a b' { }\n", 1, "farm 'a b': a name is 1 to 32"},
    {"farm '' { }\n", 1, "a name is 1 to 32"},
    {"\nfarm\nabcdefghijklmnopqrstuvwxyz1234567 {\n}\n", 3, "a name is 1 to 32"},
    {"farm f {\nnode a/b {\n} }\n", 2, "node 'a/b': a name"},
    {FARM "listener a:b { }\n", 2, "listener 'a:b': a name"},
    {FARM "\n" FARM, 3, "the name 'f' is given twice"},
    {IN_FARM("node a { }"), 3, "the name 'a'"},
    {FARM LISTENER LISTENER, 3, "the name 'l'"},
    /* addresses */
    {"farm f {\n\nnode a {\nweight = 1\n}\n}\n" LISTENER, 3, "node 'a' has no address"},
    {FARM "\nlistener l {\n}\n", 3, "listener 'l' has no address"},
    {"farm f {\nnode a {\n\naddress = 10.0.0.1:99999 }\n}\n" LISTENER, 4, "from 0 to 65535"},
    {"farm f {\nnode a {\naddress = 10.0.0.1:0 }\n}\n" LISTENER, 3, "from 1 to 65535"},
    {"farm f {\nnode a {\naddress = ::1:5 }\n}\n" LISTENER, 3, "[IPV6]:PORT"},
    {FARM "listener l {\naddress = smpp\n}\n", 3, "address = smpp: a port is a number"},
    {IN_FARM("node b { address = 127.0.0.1:1 }"), 3, "node 'a' has the same address as node 'b'"},
    {FARM LISTENER "listener m {\naddress = 0.0.0.0:2\n}\n", 4,
     "listener 'm' has the same address as listener 'l'"},
    /* what belongs together */
    {"\nfarm f {\n}\n" LISTENER, 2, "farm 'f' has no node"},
    {FARM, 1, "there is no listener"},
    {LISTENER, 1, "there is no farm"},
    {IN_LISTENER("farm = g"), 4, "farm = g: there is no farm of that name"},
    {FARM "farm g { node a { address = 1 } }\n\nlistener l {\naddress = 2\n}\n", 4,
     "listener 'l' must name its farm"},
};

START_TEST(a_bad_file_is_refused_with_line_and_reason)
{
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_refuse(bad[i].text, bad[i].line, bad[i].says);
    }
}
END_TEST

START_TEST(a_long_or_binary_value_is_told_in_one_line)
{
    static const char with_nul[] = FARM "\0" LISTENER;
    char text[9000] = "log = '";

    memset(text + 7, 'x', 8000);
    strcpy(text + 8007, "'\n" FARM LISTENER);
    ck_assert_ptr_null(read_text(text));
    ck_assert_ptr_nonnull(strstr(error, "must be stderr"));
    ck_assert_ptr_null(read_text("log = 'a\nb\033'\n" FARM LISTENER));
    ck_assert_ptr_nonnull(strstr(error, ":2: log = a?b?: must be"));
    ck_assert_ptr_null(read_bytes(with_nul, sizeof(with_nul) - 1));
    ck_assert_ptr_nonnull(strstr(error, ":2: there is a NUL"));
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
    ck_assert_ptr_null(conf_read("/nonexistent/smpplex.conf", error));
    ck_assert_str_eq(error, "/nonexistent/smpplex.conf: No such file or directory");
    ck_assert_ptr_null(conf_read("/tmp", error));
    ck_assert_str_eq(error, "/tmp: Is a directory");
    ck_assert_ptr_null(conf_read("~root", error));
    ck_assert_str_eq(error, "~root: No such file or directory");
}
END_TEST

START_TEST(nothing_is_written_to_stderr)
{
    int saved = dup(STDERR_FILENO), pipes[2];
    char byte;

    ck_assert_int_eq(pipe2(pipes, O_NONBLOCK), 0);
    dup2(pipes[1], STDERR_FILENO);
    ck_assert_ptr_null(read_text("nonsense = 3\n"));
    ck_assert_ptr_null(read_text("farm f {\n"));
    ck_assert_int_eq(read(pipes[0], &byte, 1), -1);
    dup2(saved, STDERR_FILENO);
    close(pipes[0]);
    close(pipes[1]);
    close(saved);
}
END_TEST

START_TEST(a_good_file_is_read_after_a_bad_one)
{
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_ptr_null(read_text(bad[i].text));
        conf_unref(read_good(whole));
    }
}
END_TEST

/* --- without a file --- */

static const char *const one[] = {"2775", NULL};
static const char *const two[] = {"10.0.0.1:2775", "2776", NULL};
static const char *const none[] = {NULL};

START_TEST(options_make_a_whole_configuration)
{
    struct conf *conf = conf_from_options(&(struct conf_options){one, two, NULL}, error);
    char text[ADDR_TEXT_SIZE], *printed;

    ck_assert_msg(conf != NULL, "%s", error);
    ck_assert_str_eq(conf->farms[0].name, "default");
    ck_assert_uint_eq(conf->farms[0].node_count, 2);
    ck_assert_str_eq(conf->farms[0].nodes[0].name, "node1");
    ck_assert_str_eq(conf->farms[0].nodes[1].name, "node2");
    ck_assert_str_eq(addr_format(&conf->farms[0].nodes[1].addr, text), "127.0.0.1:2776");
    ck_assert_str_eq(addr_format(&conf->listeners[0].addr, text), "0.0.0.0:2775");
    ck_assert_ptr_eq(conf->listeners[0].farm, conf->farms);
    ck_assert_ptr_null(conf->admin);
    printed = print_twice(conf);
    free(printed);
    conf_unref(conf);
}
END_TEST

START_TEST(an_option_asks_for_the_status_endpoint)
{
    struct conf_options options = {one, two, "8080"};
    struct conf *conf = conf_from_options(&options, error);
    char text[ADDR_TEXT_SIZE];

    ck_assert_msg(conf != NULL, "%s", error);
    ck_assert_str_eq(addr_format(&conf->admin->addr, text), "127.0.0.1:8080");
    ck_assert_uint_eq(conf->admin->socket_addr.len, 0);
    ck_assert_uint_eq(conf->admin->max_connections, 64);
    conf_unref(conf);
    options.status = "unix:/run/x.sock";
    conf = conf_from_options(&options, error);
    ck_assert_msg(conf != NULL, "%s", error);
    ck_assert_str_eq(addr_format(&conf->admin->socket_addr, text), "unix:/run/x.sock");
    ck_assert_uint_eq(conf->admin->addr.len, 0);
    conf_unref(conf);
    options.status = "x:y";
    ck_assert_ptr_null(conf_from_options(&options, error));
    ck_assert_int_eq(strncmp(error, "--status x:y: a port", 20), 0);
}
END_TEST

/* A file with that text, as the token-file of a configuration; NULL: refused. */
static struct conf *
read_with_token(const char *token)
{
    char name[] = "/tmp/check_token.XXXXXX", text[512];
    struct conf *conf;
    int fd = mkstemp(name);

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(write(fd, token, strlen(token)), (ssize_t)strlen(token));
    close(fd);
    snprintf(text, sizeof(text), FARM LISTENER "status { address = 1  token-file = %s }\n", name);
    conf = read_text(text);
    unlink(name);
    return conf;
}

START_TEST(a_token_is_the_first_line_of_its_file)
{
    char text[300];
    struct conf *conf;

    conf = read_with_token("0123456789abcdef\r\nmore of it\n");
    ck_assert_msg(conf != NULL, "%s", error);
    ck_assert_str_eq(conf->admin->token, "0123456789abcdef");
    conf_unref(conf);
    ck_assert_ptr_null(read_with_token("0123456789abcde\n"));
    ck_assert_ptr_null(read_with_token("0123456789 abcdef\n"));
    ck_assert_ptr_null(read_with_token("0123456789\tabcdef\n"));
    ck_assert_ptr_null(read_with_token("0123456789abcdef\xe4\n"));
    memset(text, 'x', sizeof(text));
    text[CONF_TOKEN_MAX + 1] = '\0';
    ck_assert_ptr_null(read_with_token(text));
    ck_assert_ptr_null(strstr(error, "xxx"));
    text[CONF_TOKEN_MAX] = '\0';
    conf = read_with_token(text);
    ck_assert_msg(conf != NULL, "%s", error);
    conf_unref(conf);
}
END_TEST

static void
refused(const char *const *listen, const char *const *node, const char *says)
{
    ck_assert_ptr_null(conf_from_options(&(struct conf_options){listen, node, NULL}, error));
    ck_assert_msg(strncmp(error, says, strlen(says)) == 0, "%s", error);
}

START_TEST(a_bad_option_is_named)
{
    static const char *const far[] = {"10.0.0.1:2775", "10.0.0.1:99999", NULL};
    static const char *const twice[] = {"2775", "127.0.0.1:2775", NULL};
    static const char *const zero[] = {"0", NULL};

    refused(one, far, "--node 10.0.0.1:99999: a port is a number from 0 to 65535");
    refused(far, one, "--listen 10.0.0.1:99999: a port is a number from 0 to 65535");
    refused(one, twice, "--node 127.0.0.1:2775: the same address as --node 2775");
    refused(one, zero, "--node 0: a node's port is a number from 1 to 65535");
    refused(one, none, "--node is missing");
    refused(none, one, "--listen is missing");
    refused(NULL, NULL, "--listen is missing");
}
END_TEST

/* --- what comes with it --- */

static const char *
source(const char *name, char out[static 512])
{
    const char *top = getenv("TEST_SRCDIR");

    snprintf(out, 512, "%s/%s", top != NULL ? top : ".", name);
    return out;
}

START_TEST(the_example_is_a_good_file)
{
    char name[512];
    struct conf *conf = conf_read(source("etc/smpplex.conf", name), error);

    ck_assert_msg(conf != NULL, "%s", error);
    conf_unref(conf);
}
END_TEST

static bool
has_line(FILE *file, const char *wanted)
{
    char line[512];

    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, wanted) == 0)
            return true;
    }
    return false;
}

static const char *const headings[] = {
    [KEY_TOP] = ".Ss Outside of all sections",
    [KEY_FARM] = ".Ss farm NAME",
    [KEY_NODE] = ".Ss node NAME, in a farm",
    [KEY_CHECK] = ".Ss check, in a farm or in a node",
    [KEY_NODE_TLS] = ".Ss tls, in a farm or a node",
    [KEY_LISTENER] = ".Ss listener NAME",
    [KEY_ROUTE] = ".Ss route, in a listener",
    [KEY_TLS] = ".Ss tls, in a listener",
    [KEY_ADMIN] = ".Ss status",
};

/* Each keyword has an entry under its section's heading, in the order of the table. */
START_TEST(the_manual_has_every_keyword_with_its_default)
{
    char name[512], wanted[256];
    FILE *file = fopen(source("man/smpplex.conf.5", name), "r");
    size_t i;

    ck_assert_msg(file != NULL, "%s", name);
    for (i = 0; i < key_count; i++) {
        if (i == 0 || keys[i].section != keys[i - 1].section)
            ck_assert_msg(has_line(file, headings[keys[i].section]), "not in the manual: %s",
                          headings[keys[i].section]);
        if (keys[i].initial == NULL)
            snprintf(wanted, sizeof(wanted), ".It Ic %s No (required)", keys[i].name);
        else if (keys[i].initial[0] == '\0')
            snprintf(wanted, sizeof(wanted), ".It Ic %s", keys[i].name);
        else
            snprintf(wanted, sizeof(wanted), ".It Ic %s No (default: %s)", keys[i].name,
                     keys[i].initial);
        ck_assert_msg(has_line(file, wanted), "not in the manual, or not in order: %s", wanted);
    }
    fclose(file);
}
END_TEST

START_TEST(the_examples_of_the_manual_are_good_files)
{
    char name[512], line[256], text[4096] = "";
    FILE *file = fopen(source("man/smpplex.conf.5", name), "r");
    bool inside = false;
    int examples = 0;

    ck_assert_msg(file != NULL, "%s", name);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, ".Ed", 3) == 0) {
            if (strstr(text, "/etc/smpplex/") == NULL)  /* files that aren't here */
                conf_unref(read_good(text));
            inside = false;
            examples++;
        }
        if (inside)
            strncat(text, line, sizeof(text) - strlen(text) - 1);
        if (strncmp(line, ".Bd", 3) == 0) {
            inside = true;
            text[0] = '\0';
        }
    }
    fclose(file);
    ck_assert_int_eq(examples, 11);
}
END_TEST

UNIT_MAIN("conf",
    a_short_file_gets_the_defaults,
    every_keyword_reaches_its_field,
    what_is_printed_reads_the_same,
    sections_of_tls_are_read_and_printed,
    defaults_are_printed_as_the_table_has_them,
    the_last_reference_frees,
    a_bad_file_is_refused_with_line_and_reason,
    a_long_or_binary_value_is_told_in_one_line,
    a_file_that_cannot_be_read_is_told,
    nothing_is_written_to_stderr,
    a_good_file_is_read_after_a_bad_one,
    options_make_a_whole_configuration,
    an_option_asks_for_the_status_endpoint,
    a_token_is_the_first_line_of_its_file,
    a_bad_option_is_named,
    the_example_is_a_good_file,
    the_manual_has_every_keyword_with_its_default,
    the_examples_of_the_manual_are_good_files)
