/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_JSON_H
#define ADMIN_JSON_H

#include <jansson.h>

#include "admin/reading.h"

/* The answers of the API, by docs/openapi.yaml. Each returns a value that is the caller's,
 * or NULL: memory is short. */

json_t *
json_status(const struct reading *reading);

json_t *
json_farms(const struct reading *reading);

/* `farm`: only that farm's; NULL: all. */
json_t *
json_nodes(const struct reading *reading, const char *farm);

/* The last `max` seconds, at most HISTORY_SAMPLES. */
json_t *
json_history(const struct reading *reading, size_t max);

json_t *
json_accounts(const struct reading *reading);

/* At most `limit` of them, behind the first `offset`. */
json_t *
json_bans(const struct reading *reading, size_t offset, size_t limit);

json_t *
json_sessions(const struct reading *reading);

json_t *
json_listeners(const struct reading *reading);

/* Those with an id over `after`. */
json_t *
json_events(const struct reading *reading, uint64_t after);

json_t *
json_error(unsigned status, const char *text);

/* For these files: a text, with what is no UTF-8 escaped; a moment; numbers. */
json_t *
json_text(const char *text);

json_t *
json_moment(uint64_t wall_ms);

json_t *
json_count(uint64_t count);

json_t *
json_ms(uint64_t us);

#endif
