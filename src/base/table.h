/* SPDX-License-Identifier: ISC */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

/*
 * uthash as it is used here: where memory is short an element is not added, and
 * its hh.tbl is NULL; the process goes on.
 */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#endif
