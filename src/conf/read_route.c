/* SPDX-License-Identifier: ISC */
/* The `route` sections of a listener: the rules by which its clients, or single messages of
 * theirs, go to another farm. */
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "conf/read.h"

static bool
find_farm(cfg_t *section, const struct conf *conf, struct conf_route *route)
{
    const char *name = read_set_at(section, "farm") != 0 ? cfg_getstr(section, "farm") : "";
    size_t i;

    if (name[0] == '\0')
        return read_fail(section, read_opened_at(section),
                         "route names no farm: farm = %s",
                         conf->farms[0].name);
    for (i = 0; i < conf->farm_count; i++)
        if (strcmp(conf->farms[i].name, name) == 0)
            route->farm = &conf->farms[i];
    if (route->farm == NULL)
        return read_fail_at(section, "farm", name, "there is no farm of that name");
    if (route->farm->mode != CONF_MODE_SMPP)
        return read_fail_at(section, "farm", name,
                            "its mode is tcp, and messages need one with mode = smpp");
    return true;
}

/* What is compared for each message is known from here on. */
static void
compile(struct conf_pattern *pattern)
{
    pattern->len = (uint32_t)strcspn(pattern->text, "*");
    pattern->exact = pattern->text[0] != '\0' && pattern->text[pattern->len] == '\0';
}

static bool
read_route(cfg_t *section, const struct conf *conf, struct conf_route *route)
{
    if (!read_keys(section, KEY_ROUTE, route) || !find_farm(section, conf, route))
        return false;
    compile(&route->source);
    compile(&route->destination);
    if (route->system_id[0] == '\0' && !conf_route_is_of_messages(route))
        return read_fail(section, read_opened_at(section), "route must say what it is for: "
                         "system-id = \"bulk*\", source = \"4670*\" or destination = \"4670*\"");
    return true;
}

static bool
check_ids(cfg_t *section, const struct conf_listener *listener, const struct conf_route *route)
{
    struct conf_clash clash;
    bool prefix;

    if (!conf_route_clashes(listener, route, &clash))
        return true;
    prefix = clash.farm[0]->message_id == CONF_MESSAGE_ID_PREFIX;
    return read_fail(section, read_opened_at(section), "sessions of listener '%s' reach node '%s' "
                     "of farm '%s' and node '%s' of farm '%s', whose message_ids begin alike: "
                     "give one of them another %s", listener->name, clash.node[0]->name,
                     clash.farm[0]->name, clash.node[1]->name, clash.farm[1]->name,
                     prefix ? "id-prefix" : "tag, tag = \"a0\"");
}

bool
read_routes(cfg_t *section, const struct conf *conf, struct conf_listener *listener)
{
    unsigned i, n = cfg_size(section, "route");
    cfg_t *at = n > 0 ? cfg_getnsec(section, "route", 0) : NULL;

    if (at == NULL)
        return true;
    if (listener->mode != CONF_MODE_SMPP)
        return read_fail(at, read_opened_at(at), "'route' is about SMPP and says nothing with "
                         "mode = %s", conf_mode_name(listener->mode));
    if (n > CONF_ROUTES_MAX)
        return read_fail(at, read_opened_at(cfg_getnsec(section, "route", CONF_ROUTES_MAX)),
                         "listener '%s' has more than %d routes", listener->name,
                         CONF_ROUTES_MAX);
    listener->routes = calloc(n, sizeof(*listener->routes));
    if (listener->routes == NULL)
        return read_fail(at, read_opened_at(at), "memory is short");
    for (; listener->route_count < n; listener->route_count++) {
        at = cfg_getnsec(section, "route", (unsigned)listener->route_count);
        if (!read_route(at, conf, &listener->routes[listener->route_count])) {
            listener->route_count++;    /* so that what it has is freed */
            return false;
        }
    }
    for (i = 0; i < n; i++)
        if (!check_ids(cfg_getnsec(section, "route", i), listener, &listener->routes[i]))
            return false;
    return true;
}
