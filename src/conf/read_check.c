/* SPDX-License-Identifier: ISC */
/*
 * The `check` sections of farms and nodes: which keywords a type of check has a
 * use for, what they mean to each other, and the password, which may stand in a
 * file of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "conf/read.h"

#define SECRET_MAX 255

enum {
    TCP = 1 << CONF_CHECK_TCP,
    SMPP = 1 << CONF_CHECK_SMPP,
    HTTP = 1 << CONF_CHECK_HTTP,
};

/* Keywords that not every type takes. */
static const struct {
    const char *keyword;
    unsigned types;
    const char *of;
} special[] = {
    {"system-id", SMPP, "smpp"},
    {"system-type", SMPP, "smpp"},
    {"password-file", SMPP | HTTP, "smpp or http"},
    {"password", SMPP | HTTP, "smpp or http"},
    {"user", HTTP, "http"},
    {"path", HTTP, "http"},
    {"host", HTTP, "http"},
    {"expect-status", HTTP, "http"},
    {"expect", HTTP, "http"},
    {"refuse", HTTP, "http"},
};

bool
conf_check_takes(enum conf_check_type type, const char *keyword)
{
    size_t i;

    for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (strcmp(special[i].keyword, keyword) == 0)
            return (special[i].types & 1U << type) != 0;
    return true;
}

static bool
check_keywords(cfg_t *section, const struct conf_check *check)
{
    size_t i;

    for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (read_set_at(section, special[i].keyword) != 0 &&
            (special[i].types & 1U << check->type) == 0)
            return read_fail(section, read_set_at(section, special[i].keyword),
                             "'%s' is of checks of type %s, and this one is of type %s",
                             special[i].keyword, special[i].of, conf_check_type_name(check->type));
    return true;
}

/* One keyword has no meaning without another. */
static bool
check_needs(cfg_t *section, const char *keyword, const char *other, const char *value)
{
    if (cfg_opt_size(cfg_getopt(section, keyword)) == 0 || value[0] != '\0' ||
        cfg_getstr(section, keyword)[0] == '\0')
        return true;
    return read_fail(section, read_set_at(section, keyword), "'%s' has no meaning without '%s'",
                     keyword, other);
}

static bool
check_account(cfg_t *section, const struct conf_check *check)
{
    bool smpp = check->type == CONF_CHECK_SMPP;
    const char *name = smpp ? "system-id" : "user", *value = smpp ? check->system_id : check->user;

    if (strchr(check->user, ':') != NULL)
        return read_fail_at(section, "user", check->user, "must not hold a colon");
    if (check->password[0] != '\0' && check->password_file[0] != '\0')
        return read_fail(section, read_set_at(section, "password"),
                         "'password' and 'password-file' are both set: one is enough");
    return check_needs(section, "password", name, value) &&
           check_needs(section, "password-file", name, value) &&
           check_needs(section, "system-type", "system-id", check->system_id);
}

static bool
check_intervals(cfg_t *section, struct conf_check *check)
{
    if (check->fast_interval_ms <= check->interval_ms)
        return true;
    if (read_set_at(section, "fast-interval") != 0)
        return read_fail(section, read_set_at(section, "fast-interval"),
                         "fast-interval must not be more than interval");
    check->fast_interval_ms = check->interval_ms;
    return true;
}

static bool
read_secret(cfg_t *section, struct conf_check *check)
{
    char line[SECRET_MAX + 2] = "";
    const char *text = check->password, *why;

    if (check->password_file[0] != '\0') {
        if (!read_first_line(check->password_file, line, sizeof(line), &why))
            return read_fail_at(section, "password-file", check->password_file, why);
        if (line[0] == '\0' || strlen(line) > SECRET_MAX)
            return read_fail_at(section, "password-file", check->password_file, "its first line, "
                                "the password, must have 1 to 255 octets and no NUL");
        text = line;
    }
    check->secret = strdup(text);
    explicit_bzero(line, sizeof(line));
    return check->secret != NULL || read_fail(section, section->line, "memory is short");
}

static bool
read_one(cfg_t *section, struct conf_check *check)
{
    if (!read_keys(section, KEY_CHECK, check) || !check_keywords(section, check) ||
        !check_account(section, check) || !check_intervals(section, check))
        return false;
    (void)addr_read_ip(check->address, &check->addr);       /* or "": the node's */
    return read_secret(section, check);
}

bool
read_checks(cfg_t *section, struct conf_check **checks, size_t *count)
{
    unsigned i, n = cfg_size(section, "check");

    if (n == 0)
        return true;
    *checks = calloc(n, sizeof(**checks));
    if (*checks == NULL)
        return read_fail(section, section->line, "memory is short");
    *count = n;
    for (i = 0; i < n; i++)
        if (!read_one(cfg_getnsec(section, "check", i), &(*checks)[i]))
            return false;
    return true;
}

/* A unix socket has neither another port nor one for another host. */
static bool
check_fits(cfg_t *section, const struct conf_check *check, const struct conf_node *node)
{
    if (check->tls == CONF_CHECK_TLS_YES && node->tls_client == NULL)
        return read_fail(section, read_set_at(section, "tls"),
                         "tls = yes: node '%s' and its farm have no tls section", node->name);
    if (node->addr.sa.any.sa_family != AF_UNIX
        || (check->port == 0) == (check->address[0] == '\0'))
        return true;
    return read_fail(section, read_opened_at(section),
                     "node '%s' is a unix socket: its check must name both address and port, or "
                     "neither", node->name);
}

bool
read_checks_fit(cfg_t *section, const struct conf_farm *farm)
{
    const struct conf_check *checks;
    size_t i, k, count;
    cfg_t *holder;

    for (i = 0; i < farm->node_count; i++) {
        checks = conf_node_checks(farm, &farm->nodes[i], &count);
        holder = checks == farm->checks ? section : cfg_getnsec(section, "node", (unsigned)i);
        for (k = 0; k < count; k++)
            if (!check_fits(cfg_getnsec(holder, "check", (unsigned)k), &checks[k],
                            &farm->nodes[i]))
                return false;
    }
    return true;
}
