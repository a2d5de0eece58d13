/* SPDX-License-Identifier: ISC */
#include "admin/page.h"

const unsigned char page_bytes[] = {
#include "admin/page.inc"
};

const size_t page_size = sizeof(page_bytes);

const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";
