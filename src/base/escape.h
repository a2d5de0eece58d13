/* SPDX-License-Identifier: ISC */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

/*
 * Makes what a peer sent fit for a log line: printable ASCII stays, all else
 * and the backslash become \xHH; what doesn't fit into `size` octets, NUL
 * included, is cut. Returns out.
 */
const char *
escape(char *out, size_t size, const void *bytes, size_t n);

#endif
