/* SPDX-License-Identifier: ISC */
/* What a farm's mode means for what its sections, and those of its listeners, say. */
#include <string.h>

#include "conf/build.h"
#include "conf/read.h"

/* A keyword without a meaning must not stand there: whoever wrote it believes in it. */
static bool
check_keywords(cfg_t *section, enum key_section kind, enum conf_mode mode)
{
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == kind && read_set_at(section, keys[i].name) != 0 &&
            !conf_mode_takes(mode, kind, keys[i].name))
            return read_fail(section, read_set_at(section, keys[i].name),
                             "'%s' is about SMPP and says nothing with mode = %s", keys[i].name,
                             conf_mode_name(mode));
    return true;
}

static bool
check_balance(cfg_t *section, const struct conf_farm *farm)
{
    const char *name = conf_balance_name(farm->balance);

    if (farm->mode == CONF_MODE_TCP && farm->balance == CONF_DESTINATION)
        return read_fail_at(section, "balance", name, "there are no messages with mode = tcp");
    if (farm->mode == CONF_MODE_SMPP && farm->balance == CONF_SOURCE)
        return read_fail_at(section, "balance", name,
                            "messages are balanced, not connections: only with mode = tcp");
    return true;
}

/* Where TCP is carried something other than SMPP is spoken, but it may be beside it. */
static bool
check_checks(cfg_t *section, const struct conf_check *checks, size_t count)
{
    cfg_t *at;
    size_t i;

    for (i = 0; i < count; i++) {
        at = cfg_getnsec(section, "check", (unsigned)i);
        if (checks[i].type == CONF_CHECK_SMPP && checks[i].port == 0)
            return read_fail_at(at, "type", "smpp",
                                "with mode = tcp such a check needs a port of its own");
    }
    return true;
}

bool
read_farm_mode(cfg_t *section, const struct conf_farm *farm)
{
    cfg_t *at;
    size_t i;

    if (!check_balance(section, farm) || !check_keywords(section, KEY_FARM, farm->mode))
        return false;
    if (farm->mode != CONF_MODE_TCP)
        return true;
    if (!check_checks(section, farm->checks, farm->check_count))
        return false;
    for (i = 0; i < farm->node_count; i++) {
        at = cfg_getnsec(section, "node", (unsigned)i);
        if (!check_keywords(at, KEY_NODE, farm->mode) ||
            !check_checks(at, farm->nodes[i].checks, farm->nodes[i].check_count))
            return false;
    }
    return true;
}

bool
read_listener_mode(cfg_t *section, struct conf_listener *listener)
{
    enum conf_mode mode = listener->farm->mode;
    unsigned i;

    if (read_set_at(section, "mode") != 0 && listener->mode != mode)
        return read_fail_at(section, "mode", conf_mode_name(listener->mode),
                            mode == CONF_MODE_TCP ? "its farm has mode = tcp"
                                                  : "its farm has mode = smpp");
    listener->mode = mode;
    if (!check_keywords(section, KEY_LISTENER, mode))
        return false;
    for (i = 0; i < cfg_size(section, "tls"); i++)
        if (!check_keywords(cfg_getnsec(section, "tls", i), KEY_TLS, mode))
            return false;
    return true;
}
