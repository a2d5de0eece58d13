/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATUS_BANS_H
#define DAEMON_STATUS_BANS_H

#include "daemon/status.h"

/* Bans, as the status endpoint shows and lifts them: admin_ops' `bans` and `lift`, whose
 * owner is a struct status. */

size_t
status_bans(void *owner, size_t skip, struct admin_ban *rows, size_t room);

void
status_lift(void *owner, const struct addr *addr, struct admin_verdict *verdict);

/* Makes events of the bans that are new. */
void
status_tell_bans(struct status *status);

#endif
