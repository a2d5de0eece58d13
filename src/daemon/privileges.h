/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "base/ensure.h"
#include "conf/conf.h"

/*
 * What smpplex gives up once its ports are open: its root folder, its user, its
 * capabilities and the way to new ones. `path` is where the configuration was read, or
 * NULL. False: it is logged why that can't be, or can't work later.
 */
MUST_USE bool
privileges_drop(const struct conf *conf, const char *path);

#endif
