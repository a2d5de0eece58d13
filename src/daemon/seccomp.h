/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SECCOMP_H
#define DAEMON_SECCOMP_H

#include <stdbool.h>

#include "base/ensure.h"

/*
 * From here on no thread can do more than what smpplex does while it runs: any other
 * system call fails as if there were none such, and those that only an intruder
 * would make end the process. All threads are there already. Does nothing
 * where it was built without libseccomp. False: the filter can't be had, which is logged.
 */
MUST_USE bool
seccomp_confine(void);

#endif
