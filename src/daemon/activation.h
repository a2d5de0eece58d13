/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_ACTIVATION_H
#define DAEMON_ACTIVATION_H

#include <stdbool.h>

#include "conf/conf.h"

/*
 * Sockets that the service manager has opened and handed over (systemd's socket
 * activation: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES). One is a listener's if it has the
 * listener's name, or else its address.
 */

/* Looks what there is. Called once, before any other descriptor is opened anew. */
void
activation_init(void);

/* The descriptor for this listener, which is the caller's from then on; -1: none. */
int
activation_take(const struct conf_listener *listener);

/* Closes those that are nobody's, and says so. */
void
activation_close_rest(void);

/* Was this one handed over? Then its path isn't ours to remove, and it can't be bound
 * a second time. */
bool
activation_has(int fd);

#endif
