/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TRACE_H
#define DAEMON_TRACE_H

#include "daemon/status.h"

/*
 * Traces: each has a tap at every worker, whose pages come here, become lines, and go back
 * once the reader has taken these. All calls are the master's thread's.
 */

/* admin_ops */
bool
trace_begin(void *owner, const struct admin_trace *what, uint64_t ticket,
            struct admin_verdict *verdict);

void
trace_on_room(void *owner, uint64_t ticket);

void
trace_on_gone(void *owner, uint64_t ticket);

/* Ends them; readers get what there is, and are told why. */
void
trace_end_all(struct status *status, const char *why);

/* The same at once: the workers have ended. */
void
trace_close_all(struct status *status, const char *why);

#endif
