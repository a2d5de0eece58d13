/* SPDX-License-Identifier: ISC */
#include "tls/names.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

struct row {
    char *name;
    char **system_ids;      /* NULL at the end */
};

struct tls_names {
    char *text;             /* which all patterns point into */
    struct row *rows;
    size_t count;
};

/* Without blanks at its ends; what it points to is changed. */
static char *
trim(char *text)
{
    size_t len;

    text += strspn(text, BLANKS);
    len = strlen(text);
    while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

static const char *
read_ids(struct row *row, char *text)
{
    size_t n = 0;
    char *id;

    while ((id = strsep(&text, ",")) != NULL) {
        char **grown = reallocarray(row->system_ids, n + 2, sizeof(*grown));

        if (grown == NULL)
            return "memory is short";
        row->system_ids = grown;
        grown[n++] = trim(id);
        grown[n] = NULL;
        if (grown[n - 1][0] == '\0')
            return "each name takes one system_id or several with commas between";
    }
    return NULL;
}

static const char *
read_row(struct tls_names *names, char *text)
{
    struct row *grown = reallocarray(names->rows, names->count + 1, sizeof(*grown)), *row;
    char *ids = strrchr(text, '=');

    if (grown == NULL)
        return "memory is short";
    names->rows = grown;
    row = &grown[names->count++];
    *row = (struct row){0};
    if (ids == NULL)
        return "must be NAME = SYSTEM_ID, SYSTEM_ID; NAME = ...";
    *ids++ = '\0';
    row->name = trim(text);
    if (row->name[0] == '\0')
        return "there is a row without a name";
    return read_ids(row, ids);
}

struct tls_names *
tls_names_new(const char *text, const char **why)
{
    struct tls_names *names = calloc(1, sizeof(*names));
    char *rest, *row;

    *why = "memory is short";
    if (names == NULL)
        return NULL;
    rest = names->text = strdup(text);
    *why = rest == NULL ? *why : NULL;
    while (*why == NULL && (row = strsep(&rest, ";")) != NULL)
        if (row[strspn(row, BLANKS)] != '\0')
            *why = read_row(names, row);
    if (*why == NULL)
        return names;
    tls_names_free(names);
    return NULL;
}

void
tls_names_free(struct tls_names *names)
{
    size_t i;

    if (names == NULL)
        return;
    for (i = 0; i < names->count; i++)
        free(names->rows[i].system_ids);
    free(names->rows);
    free(names->text);
    free(names);
}

static bool
holds_name(const struct row *row, const char *const *held, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (fnmatch(row->name, held[i], FNM_NOESCAPE | FNM_CASEFOLD) == 0)
            return true;
    return false;
}

static bool
names_id(const struct row *row, const char *system_id)
{
    size_t i;

    for (i = 0; row->system_ids[i] != NULL; i++)
        if (fnmatch(row->system_ids[i], system_id, FNM_NOESCAPE) == 0)
            return true;
    return false;
}

bool
tls_names_permit(const struct tls_names *names, const char *const *held, size_t n,
                 const char *system_id)
{
    size_t i;

    for (i = 0; i < names->count; i++)
        if (names_id(&names->rows[i], system_id) &&
            (n == 0 || holds_name(&names->rows[i], held, n)))
            return n > 0;
    return names->count == 0 || n == 0;
}
