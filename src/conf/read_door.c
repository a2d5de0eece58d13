/* SPDX-License-Identifier: ISC */
/* Who is let in, and what nodes have from their farm. */
#include "conf/build.h"
#include "conf/read.h"

static bool
is_own(void *section, size_t node, const char *keyword)
{
    return read_set_at(cfg_getnsec(section, "node", (unsigned)node), keyword) != 0;
}

void
read_inherited(cfg_t *section, struct conf_farm *farm)
{
    conf_farm_inherit(farm, is_own, section);
}

bool
read_listener_door(cfg_t *section, const struct conf_listener *listener)
{
    bool believes = listener->proxy_protocol != CONF_PROXY_NONE;

    if (believes && listener->proxy_from.count == 0)
        return read_fail(section, read_set_at(section, "proxy-protocol"), "proxy-protocol needs "
                         "the networks whose headers are believed: proxy-from = \"192.0.2.0/24\"");
    if (!believes && listener->proxy_from.count > 0)
        return read_fail(section, read_set_at(section, "proxy-from"), "proxy-from is of use only "
                         "with proxy-protocol = optional or required");
    return true;
}
