/* SPDX-License-Identifier: ISC */
#include "conf/suggest.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 32
#define FAR 3       /* edits; from here on names have nothing in common */

/* How many letters must be put in, taken out or changed to make b of a. */
static unsigned
distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX_LEN + 1], diagonal, above, best;
    size_t i, j, len = strlen(b);

    if (strlen(a) > NAME_MAX_LEN || len > NAME_MAX_LEN)
        return FAR;
    for (j = 0; j <= len; j++)
        row[j] = (unsigned)j;
    for (i = 0; a[i] != '\0'; i++) {
        diagonal = row[0]++;
        for (j = 1; j <= len; j++) {
            above = row[j];
            best = diagonal + (a[i] != b[j - 1]);
            best = best < above + 1 ? best : above + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
            diagonal = above;
        }
    }
    return row[len];
}

/* The section in which a section stands. */
static bool
holds(enum key_section outer, enum key_section inner)
{
    switch (outer) {
    case KEY_TOP:
        return inner == KEY_FARM || inner == KEY_LISTENER || inner == KEY_ADMIN;
    case KEY_FARM:
        return inner == KEY_NODE || inner == KEY_CHECK || inner == KEY_NODE_TLS;
    case KEY_NODE:
        return inner == KEY_CHECK || inner == KEY_NODE_TLS;
    case KEY_LISTENER:
        return inner == KEY_ROUTE || inner == KEY_TLS;
    case KEY_ADMIN:
        return inner == KEY_TLS;
    case KEY_ROUTE:
    case KEY_CHECK:
    case KEY_NODE_TLS:
    case KEY_TLS:
        break;
    }
    return false;
}

static const char *
nearest(enum key_section section, const char *name)
{
    const char *best = NULL, *candidate;
    unsigned least = FAR, d;
    size_t i;

    for (i = 0; i < key_count + KEY_LAST + 1; i++) {
        if (i < key_count)
            candidate = keys[i].section == section ? keys[i].name : NULL;
        else
            candidate = holds(section, (enum key_section)(i - key_count))
                            ? key_section_name((enum key_section)(i - key_count)) : NULL;
        d = candidate != NULL ? distance(name, candidate) : FAR;
        if (d < least && d < strlen(name)) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

const char *
suggest(enum key_section section, const char *name, char out[static SUGGEST_SIZE])
{
    const char *best = nearest(section, name);
    enum key_section other;

    out[0] = '\0';
    if (best != NULL) {
        snprintf(out, SUGGEST_SIZE, "; did you mean '%s'?", best);
        return out;
    }
    for (other = KEY_TOP; other <= KEY_LAST; other++)
        if (key_find(other, name) != NULL) {
            snprintf(out, SUGGEST_SIZE, other == KEY_TOP ? "; it stands outside of all sections%s"
                                                         : "; it belongs into section %s",
                     key_section_name(other));
            return out;
        }
    return out;
}
