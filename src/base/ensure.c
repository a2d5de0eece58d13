/* SPDX-License-Identifier: ISC */
#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

void
ensure_failed(const char *promise, const char *file, int line)
{
    fprintf(stderr, "smpplex: bug at %s:%d: %s\n", file, line, promise);
    abort();
}
