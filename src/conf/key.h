/* SPDX-License-Identifier: ISC */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ensure.h"

/*
 * The keywords of the configuration: one table (conf/key.def) by which values
 * are read, checked, written and freed. It knows the fields of conf/conf.h, but
 * neither files nor what values mean to each other.
 */

enum key_section {
    KEY_TOP,
    KEY_FARM,
    KEY_NODE,
    KEY_CHECK,
    KEY_NODE_TLS,       /* the `tls` of a farm or a node */
    KEY_LISTENER,
    KEY_ROUTE,
    KEY_TLS,            /* the `tls` of a listener */
    KEY_ADMIN,          /* the status endpoint */
};

#define KEY_LAST KEY_ADMIN

enum key_type {
    KEY_DURATION,       /* "500ms", "5s", "2m", "1h"; a bare number is seconds */
    KEY_SIZE,           /* "70000", "64K", "64KiB", "1M", "1MiB" */
    KEY_COUNT,
    KEY_STATUS,         /* as status_parse takes it */
    KEY_BOOL,
    KEY_MODE,
    KEY_FARM_MODE,      /* the same, or empty: the farm's */
    KEY_BALANCE,
    KEY_LINKS,
    KEY_REDISPATCH,
    KEY_RATE_EXCESS,
    KEY_ON_DOWN,
    KEY_FAIL_BACK,
    KEY_STATUSES,       /* as status_parse takes each, with blanks or commas between */
    KEY_CONCAT_PLACE,
    KEY_CONCAT_LOSS,
    KEY_MESSAGE_ID,
    KEY_TAG,            /* two letters or digits, or empty */
    KEY_ID_PREFIX,      /* letters and digits, or empty */
    KEY_LOG_LEVEL,
    KEY_LOG_TARGET,
    KEY_ADDRESS,        /* kept as it was written */
    KEY_CHECK_TYPE,
    KEY_CHECK_TLS,
    KEY_HTTP_STATUS,    /* "200", "200-399" */
    KEY_IP,             /* an IPv4 or IPv6 address, or empty */
    KEY_IP_PORT,        /* the same with a port if you like: 192.0.2.1:53, [2001:db8::1]:53 */
    KEY_TEXT,           /* any of at most `max` octets */
    KEY_FIELD,          /* the same, without control characters: for one line of a header */
    KEY_PATH,           /* of a URL: begins with a slash */
    KEY_FILE,           /* /PATH, or empty */
    KEY_SECRET,         /* as KEY_TEXT, and never written */
    KEY_TLS_VERIFY,
    KEY_TLS_VERSION,
    KEY_PROXY_MODE,
    KEY_NETWORKS,       /* as cidr_list_parse takes them */
    KEY_FARM_NAME,      /* whoever knows the farms reads it */
    KEY_PATTERN,        /* of an address: it, or what it begins with and a star */
};

struct key {
    enum key_section section;
    enum key_type type;
    const char *name;
    const char *initial;    /* NULL: the keyword must be named */
    const char *help;
    size_t offset;          /* of the field in the section's struct */
    uint32_t min, max;
};

extern const struct key keys[];
extern const size_t key_count;

#define KEY_TEXT_SIZE 64
#define KEY_WHY_SIZE 256

/*
 * Reads text into the key's field of `object`, the section's struct.
 * False: `why` says what would be right. The field owns what it points to:
 * key_free.
 */
MUST_USE bool
key_read(const struct key *key, const char *text, void *object, char why[static KEY_WHY_SIZE]);

/* Has it a value where the file is silent? Else it must be named, or (initial is "") has
 * it from elsewhere. */
bool
key_has_default(const struct key *key);

/* Writes the field so that key_read reads the same again. */
void
key_print(const struct key *key, const void *object, FILE *out);

void
key_free(const struct key *key, void *object);

/* The keyword of that name in that section; NULL: none. */
const struct key *
key_find(enum key_section section, const char *name);

/* "", "farm", "node", "check", "tls", "listener", "route", "tls", "status" */
const char *
key_section_name(enum key_section section);

#endif
