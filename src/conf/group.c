/* SPDX-License-Identifier: ISC */
/*
 * Which farms routes join. An account's sessions on all farms of a group live on one worker,
 * so a group is named after what does not depend on the order in the file.
 */
#include <string.h>

#include "conf/build.h"

/* All farms of the one's group are of the other's, too. */
static void
join(struct conf *conf, const struct conf_farm *a, const struct conf_farm *b)
{
    const char *one = a->group, *other = b->group, *first;
    size_t i;

    first = strcmp(one, other) < 0 ? one : other;
    for (i = 0; i < conf->farm_count; i++)
        if (conf->farms[i].group == one || conf->farms[i].group == other)
            conf->farms[i].group = first;
}

void
conf_group_farms(struct conf *conf)
{
    const struct conf_listener *listener;
    size_t i, j;

    for (i = 0; i < conf->farm_count; i++)
        conf->farms[i].group = conf->farms[i].name;
    for (i = 0; i < conf->listener_count; i++) {
        listener = &conf->listeners[i];
        for (j = 0; j < listener->route_count; j++)
            join(conf, listener->farm, listener->routes[j].farm);
    }
}
