/* SPDX-License-Identifier: ISC */
/* What a POST asks for. */
#include <stdio.h>

#include "admin/action.h"
#include "unit/unit.h"

static struct http_request request;
static struct action action;

static enum action_kind
read_action(const char *path, const char *body)
{
    memset(&request, 0, sizeof(request));
    snprintf(request.path, sizeof(request.path), "%s", path);
    request.body_len = (size_t)snprintf(request.body, sizeof(request.body), "%s", body);
    action_read(&request, &action);
    return action.kind;
}

START_TEST(an_action_is_read_from_its_path)
{
    ck_assert_int_eq(read_action("/api/v1/reload", ""), ACTION_RELOAD);
    ck_assert_int_eq(read_action("/api/v1/nodes/f/n.1/drain", "{}"), ACTION_NODE);
    ck_assert_str_eq(action.farm, "f");
    ck_assert_str_eq(action.node, "n.1");
    ck_assert_int_eq(action.deed, ADMIN_DRAIN);
    ck_assert_int_eq(read_action("/api/v1/nodes/f/n/ready", ""), ACTION_NODE);
    ck_assert_int_eq(action.deed, ADMIN_READY);
    ck_assert_int_eq(read_action("/api/v1/nodes/f/n/maint", ""), ACTION_NODE);
    ck_assert_int_eq(read_action("/api/v1/nodes/f/n/weight", "{\"weight\": 256}"), ACTION_NODE);
    ck_assert_uint_eq(action.weight, 256);
    ck_assert_int_eq(read_action("/api/v1/sessions/18446744073709551615/kick", ""), ACTION_KICK);
    ck_assert_uint_eq(action.session, UINT64_MAX);
    ck_assert_int_eq(read_action("/api/v1/bans/192.0.2.7/lift", ""), ACTION_LIFT);
    ck_assert_int_eq(action.addr.sa.any.sa_family, AF_INET);
    ck_assert_int_eq(read_action("/api/v1/bans/2001:db8::1/lift", "{}"), ACTION_LIFT);
    ck_assert_int_eq(action.addr.sa.any.sa_family, AF_INET6);
    ck_assert_int_eq(read_action("/api/v1/bans/all/lift", ""), ACTION_LIFT);
    ck_assert_uint_eq(action.addr.len, 0);
}
END_TEST

START_TEST(nothing_else_is_one)
{
    static const char *const paths[] = {
        "", "/", "/api/v1/reload/", "/api/v1/nodes/f/n", "/api/v1/nodes/f/n/",
        "/api/v1/nodes//n/drain",
        "/api/v1/nodes/f/n/drains", "/api/v1/nodes/f/n/drain/", "/api/v1/nodes/f/n/drain/x",
        "/api/v1/nodes/f/n/Drain", "/api/v1/sessions/kick", "/api/v1/sessions/-1/kick",
        "/api/v1/sessions/ 1/kick", "/api/v1/sessions/18446744073709551616/kick",
        "/api/v1/bans", "/api/v1/bans/lift", "/api/v1/bans//lift", "/api/v1/bans/192.0.2.7",
        "/api/v1/sessions/1/kicks", "/api/v1/sessions/1x/kick",
    };
    char longest[HTTP_TARGET_MAX + 1];
    size_t i;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(read_action(paths[i], "") == ACTION_NONE, "%s", paths[i]);
    memset(longest, 'x', sizeof(longest));
    memcpy(longest, "/api/v1/nodes/", 14);
    longest[HTTP_TARGET_MAX] = '\0';
    ck_assert_int_eq(read_action(longest, ""), ACTION_NONE);
}
END_TEST

START_TEST(a_ban_is_named_by_an_address)
{
    static const char *const paths[] = {
        "/api/v1/bans/x/lift", "/api/v1/bans/192.0.2/lift", "/api/v1/bans/2001:db8::/64/lift",
        "/api/v1/bans/192.0.2.7:1/lift", "/api/v1/bans/All/lift",
        "/api/v1/bans/1111111111111111111111111111111111111111111111111111111111111111111111/lift",
    };
    size_t i;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(read_action(paths[i], "") == ACTION_BAD, "%s", paths[i]);
}
END_TEST

START_TEST(a_bad_body_is_refused)
{
    static const char *const bodies[] = {
        "", "{}", "[]", "3", "{\"weight\": -1}", "{\"weight\": 257}", "{\"weight\": 1.0}",
        "{\"weight\": \"1\"}", "{\"weight\": 1", "{\"weight\": 1}}", "\xff",
        "{\"weight\": 99999999999999999999}",
    };
    size_t i;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        ck_assert_msg(read_action("/api/v1/nodes/f/n/weight", bodies[i]) == ACTION_BAD, "%s",
                      bodies[i]);
    ck_assert_int_eq(read_action("/api/v1/reload", "x"), ACTION_BAD);
}
END_TEST

UNIT_MAIN("action", an_action_is_read_from_its_path, nothing_else_is_one,
          a_ban_is_named_by_an_address, a_bad_body_is_refused)
