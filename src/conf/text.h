/* SPDX-License-Identifier: ISC */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ensure.h"

/*
 * The text of a configuration file, made fit for libconfuse, which has three
 * weaknesses (3.3): it counts a line twice for most comments, so that no message
 * behind one would name the right line; it takes the end of the file for the
 * closing brace of a section; and it skips a few characters without a word.
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
 * Blanks the comments, newlines kept: from # or a // that begins a word to the end
 * of the line, and from / * to * /. False: *line and *why say what is wrong there.
 */
MUST_USE bool
text_prepare(struct text *text, int *line, const char **why);

#endif
