/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_GUARD_H
#define ADMIN_GUARD_H

#include <stdbool.h>

/*
 * Who may ask. A browser that shows another site's page can be made to send requests
 * here: by a name that this site has pointed at us (the Host header tells), or
 * from a page of its own (the Origin header tells).
 */

/* May this Host be ours? Addresses and localhost always may, and the names in `hosts`,
 * which has blanks or commas between them. The port doesn't matter. */
bool
guard_host(const char *host, const char *hosts);

/* Is this Origin the same site as this Host? */
bool
guard_origin(const char *origin, const char *host);

/* Does this Authorization header bear the token? Takes the same time wherever the
 * first difference is. */
bool
guard_token(const char *authorization, const char *token);

#endif
