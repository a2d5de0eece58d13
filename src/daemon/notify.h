/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * What the service manager is told, where there is one that wants to know: systemd's
 * notification protocol, a datagram to the socket that NOTIFY_SOCKET names.
 */

/* Opens the way, while the socket can still be reached. */
void
notify_open(void);

/* "READY=1", "RELOADING=1", "STOPPING=1" and the like. */
void
notify(const char *state);

/* "RELOADING=1", with the time that the manager wants beside it. */
void
notify_reloading(void);

void
notify_close(void);

#endif
