/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MASTER_H
#define DAEMON_MASTER_H

#include "conf/conf.h"

/*
 * Runs smpplex with this configuration, which was read from `path` (NULL: from the
 * command line), until it is told to end: binds the
 * listeners, starts the workers, and handles the signals. Where ready_file is
 * given, a line for each listener, its name and bound address, is written there
 * once clients are accepted. Returns the exit status of the process.
 */
int
master_run(struct conf *conf, const char *path, const char *ready_file);

#endif
