/* SPDX-License-Identifier: ISC */
#include "admin/page.h"

const unsigned char page_bytes[] = {
#include "admin/page.inc"
};

const size_t page_size = sizeof(page_bytes);

/* Nothing runs but the script and the style that were compiled in; nobody is asked but us. */
const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src "
#include "admin/page_js.inc"
    "; style-src "
#include "admin/page_css.inc"
    "; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'\r\n"
    "Referrer-Policy: no-referrer\r\n";

_Static_assert(sizeof(page_headers) <= 512, "http_reply_head takes no more");
