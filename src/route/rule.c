/* SPDX-License-Identifier: ISC */
#include "route/rule.h"

#include <fnmatch.h>

bool
rule_fits_client(const struct conf_route *route, const char *system_id)
{
    return route->system_id[0] == '\0' || fnmatch(route->system_id, system_id, 0) == 0;
}

bool
rule_equal(const struct conf_route *a, const struct conf_route *b)
{
    return strcmp(a->system_id, b->system_id) == 0 &&
           strcmp(a->source.text, b->source.text) == 0 &&
           strcmp(a->destination.text, b->destination.text) == 0 &&
           strcmp(a->farm->name, b->farm->name) == 0;
}
