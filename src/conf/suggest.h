/* SPDX-License-Identifier: ISC */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include "conf/key.h"

#define SUGGEST_SIZE 128

/*
 * What may have been meant by `name`, which is no keyword of that section: "; did
 * you mean 'window'?" or "; it belongs into section node" or "". Returns out.
 */
const char *
suggest(enum key_section section, const char *name, char out[static SUGGEST_SIZE]);

#endif
