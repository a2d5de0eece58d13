/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_PAGE_H
#define ADMIN_PAGE_H

#include <stddef.h>

/* page.html with its style and script, compiled in; it needs nothing from elsewhere, and
 * may not. */
extern const unsigned char page_bytes[];
extern const size_t page_size;

/* Header lines that it goes with. */
extern const char page_headers[];

#endif
