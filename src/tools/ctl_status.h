/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_STATUS_H
#define TOOLS_CTL_STATUS_H

#include <stdio.h>

#include "tools/ctl.h"

/* Verdict, program, farms and nodes; CTL_NOT_READY where smpplex says that it isn't. */
MUST_USE enum ctl_exit
ctl_overview(const struct ctl *ctl, FILE *out);

#endif
