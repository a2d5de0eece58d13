/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_TLS_H
#define TOOLS_LOAD_TLS_H

#include "tools/load_options.h"

/* Makes what each target needs for TLS, where the options want it. False: *why says
 * what is wrong with them. */
MUST_USE bool
load_tls_init(struct load_options *options, const char **why);

void
load_tls_fini(struct load_options *options);

#endif
