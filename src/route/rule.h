/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_RULE_H
#define ROUTE_RULE_H

#include <stdbool.h>
#include <string.h>

#include "conf/conf.h"
#include "smpp/reader.h"

/* Whom and what a listener's routes are for. */

/* The route is for clients of that system_id. */
bool
rule_fits_client(const struct conf_route *route, const char *system_id);

/* Are they the same rule, to the same farm by name? */
bool
rule_equal(const struct conf_route *a, const struct conf_route *b);

static inline bool
rule_fits_address(const struct conf_pattern *pattern, struct octets address)
{
    if (address.len < pattern->len || (pattern->exact && address.len > pattern->len))
        return false;
    return pattern->len == 0 || memcmp(address.bytes, pattern->text, pattern->len) == 0;
}

/* Of a client that it is for: is it for the message from `source` to `destination`? NULL: the
 * message has no destination of that kind. */
static inline bool
rule_fits_message(const struct conf_route *route, struct octets source,
                  const struct octets *destination)
{
    if (!rule_fits_address(&route->source, source))
        return false;
    if (destination == NULL)
        return route->destination.text[0] == '\0';
    return rule_fits_address(&route->destination, *destination);
}

#endif
