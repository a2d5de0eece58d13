/* SPDX-License-Identifier: ISC */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ensure.h"

/*
 * The text of a configuration file with its comments blanked out, newlines
 * kept. (libconfuse reads comments itself, but counts a line twice for most of
 * them: no message behind one would name the right line.)
 */
struct text {
    char *bytes;    /* NUL at the end */
    size_t len;
};

/* Reads the file. False: errno says why. text_fini frees. */
MUST_USE bool
text_load(struct text *text, const char *path);

void
text_fini(struct text *text);

/*
 * Blanks the comments: from # or a // that begins a word to the end of the line,
 * and from / * to * /. False: *line and *why say what is wrong there.
 */
MUST_USE bool
text_strip_comments(struct text *text, int *line, const char **why);

#endif
