/* SPDX-License-Identifier: ISC */
/*
 * Loads a configuration file and takes out what libconfuse shall not see. It
 * knows quotes and comments, and nothing else of the language.
 */
#include "conf/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)16 << 20)

#define DEEP 8      /* more than sections nest */

/* Where the scan is, and in which lines the open braces are. */
struct scan {
    char *p;
    const char *begin, *end;
    int line;
    unsigned depth;
    int opened[DEEP];
};

static bool
read_all(struct text *text, FILE *file)
{
    size_t cap = 0, n;
    char *grown;

    do {
        cap = cap == 0 ? 4096 : 2 * cap;
        grown = cap > FILE_MAX ? NULL : realloc(text->bytes, cap);
        if (grown == NULL) {
            errno = cap > FILE_MAX ? EFBIG : ENOMEM;
            return false;
        }
        text->bytes = grown;
        n = fread(text->bytes + text->len, 1, cap - 1 - text->len, file);
        text->len += n;
    } while (n > 0);
    text->bytes[text->len] = '\0';
    return ferror(file) == 0;
}

bool
text_load(struct text *text, const char *path)
{
    FILE *file = fopen(path, "re");
    bool done;
    int error;

    *text = (struct text){0};
    if (file == NULL)
        return false;
    done = read_all(text, file);
    error = errno;
    fclose(file);
    if (!done)
        text_fini(text);
    errno = error;
    return done;
}

void
text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

/* Passes one octet, or blanks it; newlines stay. */
static void
pass(struct scan *scan, bool blank)
{
    if (*scan->p == '\n')
        scan->line++;
    else if (blank)
        *scan->p = ' ';
    scan->p++;
}

static bool
pass_quoted(struct scan *scan)
{
    char quote = *scan->p;

    pass(scan, false);
    while (scan->p < scan->end && *scan->p != quote) {
        if (*scan->p == '\\' && scan->p + 1 < scan->end)
            pass(scan, false);
        pass(scan, false);
    }
    if (scan->p == scan->end)
        return false;
    pass(scan, false);
    return true;
}

static void
blank_line(struct scan *scan)
{
    while (scan->p < scan->end && *scan->p != '\n')
        pass(scan, true);
}

static bool
blank_block(struct scan *scan)
{
    pass(scan, true);
    pass(scan, true);
    while (scan->p < scan->end && strncmp(scan->p, "*/", 2) != 0)
        pass(scan, true);
    if (scan->p == scan->end)
        return false;
    pass(scan, true);
    pass(scan, true);
    return true;
}

static bool
begins_word(const struct scan *scan)
{
    return scan->p == scan->begin || strchr(" \t\r\n{}=,\"'", scan->p[-1]) != NULL;
}

static void
count_brace(struct scan *scan)
{
    if (*scan->p == '{' && scan->depth++ < DEEP)
        scan->opened[scan->depth - 1] = scan->line;
    else if (*scan->p == '}' && scan->depth > 0)
        scan->depth--;
}

/* NULL, or what is wrong at the scan's place. */
static const char *
step(struct scan *scan)
{
    if (*scan->p == '"' || *scan->p == '\'')
        return pass_quoted(scan) ? NULL : "a quotation mark is not closed";
    if (strncmp(scan->p, "/*", 2) == 0)
        return blank_block(scan) ? NULL : "a comment is not closed: */ is missing";
    if (*scan->p == '\0')
        return "there is a NUL octet: this is no text";
    if (strchr("|*+", *scan->p) != NULL)  /* which libconfuse gives a meaning, or ignores */
        return "the characters | * + are allowed within quotation marks only";
    if (*scan->p == '#' || (strncmp(scan->p, "//", 2) == 0 && begins_word(scan))) {
        blank_line(scan);
    } else {
        count_brace(scan);
        pass(scan, false);
    }
    return NULL;
}

bool
text_prepare(struct text *text, int *line, const char **why)
{
    struct scan scan = {.p = text->bytes, .begin = text->bytes, .end = text->bytes + text->len,
                        .line = 1};

    do {
        *line = scan.line;
        *why = scan.p < scan.end ? step(&scan) : NULL;
    } while (*why == NULL && scan.p < scan.end);
    if (*why == NULL && scan.depth > 0) {
        *line = scan.opened[scan.depth < DEEP ? scan.depth - 1 : DEEP - 1];
        *why = "the brace that is opened here is not closed";
    }
    return *why == NULL;
}
