/* SPDX-License-Identifier: ISC */
#include "conf/key.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/choice.h"
#include "conf/conf.h"
#include "smpp/pdu.h"
#include "smpp/status.h"

#define TICK 10     /* ms; shorter timeouts would only make work */
#define HOUR 3600000
#define DAY (24 * HOUR)

#define STRUCT_TOP struct conf
#define STRUCT_FARM struct conf_farm
#define STRUCT_NODE struct conf_node
#define STRUCT_CHECK struct conf_check
#define STRUCT_NODE_TLS struct conf_tls
#define STRUCT_LISTENER struct conf_listener
#define STRUCT_ROUTE struct conf_route
#define STRUCT_TLS struct conf_tls
#define STRUCT_ADMIN struct conf_admin

const struct key keys[] = {
#define KEY(section_, field, name_, type_, initial_, min_, max_, help_) \
    {KEY_##section_, KEY_##type_, name_, initial_, help_, \
     offsetof(STRUCT_##section_, field), min_, max_},
#include "conf/key.def"
#undef KEY
};

const size_t key_count = sizeof(keys) / sizeof(keys[0]);

/* The largest first; what has no unit stands last. */
struct unit {
    const char *name;
    uint32_t factor;
};

static const struct unit duration_units[] = {
    {"h", HOUR}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {"", 1000}, {NULL, 0},
};

static const struct unit size_units[] = {
    {"MiB", 1 << 20}, {"M", 1 << 20}, {"KiB", 1 << 10}, {"K", 1 << 10}, {"", 1}, {NULL, 0},
};

static const struct unit count_units[] = {
    {"", 1}, {NULL, 0},
};

const char *
key_section_name(enum key_section section)
{
    static const char *const names[] = {
        [KEY_TOP] = "", [KEY_FARM] = "farm", [KEY_NODE] = "node",
        [KEY_CHECK] = "check", [KEY_NODE_TLS] = "tls", [KEY_LISTENER] = "listener",
        [KEY_ROUTE] = "route", [KEY_TLS] = "tls", [KEY_ADMIN] = "status",
    };

    return names[section];
}

const struct key *
key_find(enum key_section section, const char *name)
{
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool
parse_units(const char *text, const struct unit *unit, uint32_t *value)
{
    unsigned long long number;
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    for (; unit->name != NULL; unit++)
        if (strcmp(end, unit->name) == 0) {
            *value = (uint32_t)number * unit->factor;
            return number <= UINT32_MAX / unit->factor;
        }
    return false;
}

/* Minutes and more only from two on: "60s", "2m". */
static const char *
format_units(uint32_t value, const struct unit *unit, char out[static KEY_TEXT_SIZE])
{
    if (value == 0)
        return "0";
    while (value % unit->factor != 0 || (unit->factor > 1000 && value / unit->factor < 2))
        unit++;
    snprintf(out, KEY_TEXT_SIZE, "%u%s", value / unit->factor, unit->name);
    return out;
}

static bool
read_number(const struct key *key, const char *text, const struct unit *units, const char *form,
            uint32_t *value, char why[static KEY_WHY_SIZE])
{
    char low[KEY_TEXT_SIZE], high[KEY_TEXT_SIZE];

    if (parse_units(text, units, value) && *value >= key->min && *value <= key->max)
        return true;
    snprintf(why, KEY_WHY_SIZE, "must be %s, from %s to %s", form,
             format_units(key->min, units, low), format_units(key->max, units, high));
    return false;
}

static bool
read_choice(const char *text, const char *const *names, uint32_t *value,
            char why[static KEY_WHY_SIZE])
{
    size_t len;
    uint32_t i;

    for (i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0) {
            *value = i;
            return true;
        }
    len = (size_t)snprintf(why, KEY_WHY_SIZE, "must be %s", names[0]);
    for (i = 1; names[i] != NULL && len < KEY_WHY_SIZE; i++)
        len += (size_t)snprintf(why + len, KEY_WHY_SIZE - len, "%s%s",
                                names[i + 1] == NULL ? " or " : ", ", names[i]);
    return false;
}

static bool
read_status(const struct key *key, const char *text, uint32_t *value,
            char why[static KEY_WHY_SIZE])
{
    if (status_parse(text, value) && *value >= key->min)
        return true;
    snprintf(why, KEY_WHY_SIZE,
             "must be a command_status other than ESME_ROK: ESME_RTHROTTLED, 0x58 or 88");
    return false;
}

static bool
read_statuses(const struct key *key, const char *text, struct conf_statuses *statuses,
              char why[static KEY_WHY_SIZE])
{
    char one[KEY_TEXT_SIZE];
    size_t len;

    statuses->count = 0;
    for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
        len = strcspn(text, ", ");
        snprintf(one, sizeof(one), "%.*s", (int)len, text);
        if (statuses->count == CONF_STATUSES_MAX) {
            snprintf(why, KEY_WHY_SIZE, "must not be more than %d", CONF_STATUSES_MAX);
            return false;
        }
        if (!read_status(key, one, &statuses->status[statuses->count++], why))
            return false;
        text += len;
    }
    return true;
}

static bool
read_bool(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    int value = cfg_parse_boolean(text);

    *(bool *)field = value == 1;
    snprintf(why, KEY_WHY_SIZE, "must be true or false");
    return value != -1;
}

static bool
read_text(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    char *copy = strdup(text);

    free(*(char **)field);
    *(char **)field = copy;
    snprintf(why, KEY_WHY_SIZE, "memory is short");
    return copy != NULL;
}

static bool
read_networks(const char *text, struct cidr_list *field, char why[static KEY_WHY_SIZE])
{
    struct cidr_list list;

    if (!cidr_list_parse(text, &list, why))
        return false;
    cidr_list_fini(field);
    *field = list;
    return true;
}

static bool
read_log_target(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    if (strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0
        || strncmp(text, "file:/", 6) == 0)
        return read_text(text, field, why);
    snprintf(why, KEY_WHY_SIZE, "must be stderr, syslog or file:/PATH");
    return false;
}

/* What may stand in an id and stays what it is in decimal or hex: no more is asked. */
static bool
read_id_part(const char *text, size_t least, size_t most, const char *form, void *field,
             char why[static KEY_WHY_SIZE])
{
    size_t len = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (text[len] == '\0' && (len == 0 || (len >= least && len <= most)))
        return read_text(text, field, why);
    snprintf(why, KEY_WHY_SIZE, "must be %s", form);
    return false;
}

static bool
read_ip(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    if (*text == '\0' || addr_is_ip(text))
        return read_text(text, field, why);
    snprintf(why, KEY_WHY_SIZE, "must be an IP address without a port: 192.0.2.1 or 2001:db8::1");
    return false;
}

static bool
is_port(const char *text)
{
    uint32_t port;

    return parse_units(text, count_units, &port) && port > 0 && port <= UINT16_MAX;
}

/* Both the address alone and, in brackets if it holds colons, with a port. */
static bool
read_ip_port(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    char host[INET6_ADDRSTRLEN + 2] = "";
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    bool brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';

    if (len < sizeof(host))
        memcpy(host, text + brackets, len - 2 * brackets);
    if (*text == '\0' || addr_is_ip(text) ||
        (addr_is_ip(host) && brackets == (strchr(host, ':') != NULL) && is_port(colon + 1)))
        return read_text(text, field, why);
    snprintf(why, KEY_WHY_SIZE,
             "must be an IP address, with a port if need be: 192.0.2.1, 192.0.2.1:53 or "
             "[2001:db8::1]:53");
    return false;
}

/* Three digits, from 100 to 599. */
static bool
parse_http_status(const char *text, size_t len, uint32_t *status)
{
    if (len != 3 || strspn(text, "0123456789") < 3 || *text < '1' || *text > '5')
        return false;
    *status = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

static bool
read_http_status(const char *text, struct conf_range *range, char why[static KEY_WHY_SIZE])
{
    size_t len = strcspn(text, "-");
    const char *last = text[len] == '-' ? text + len + 1 : text;

    if (parse_http_status(text, len, &range->low) &&
        parse_http_status(last, strlen(last), &range->high) && range->low <= range->high)
        return true;
    snprintf(why, KEY_WHY_SIZE, "must be a status of HTTP, from 100 to 599, or two of them with a "
             "hyphen between: 200 or 200-399");
    return false;
}

static bool
has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

/* Texts that are bounded; what else may stand in them depends on the type. */
static bool
read_bounded(const struct key *key, const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    if (strlen(text) > key->max)
        snprintf(why, KEY_WHY_SIZE, "must not be longer than %u octets", key->max);
    else if ((key->type == KEY_FIELD || key->type == KEY_PATH) && has_control(text))
        snprintf(why, KEY_WHY_SIZE, "must not hold control characters");
    else if (key->type == KEY_PATH && (*text != '/' || strpbrk(text, " #") != NULL))
        snprintf(why, KEY_WHY_SIZE, "must begin with a slash and hold neither blanks nor #");
    else
        return read_text(text, field, why);
    return false;
}

/* A star at the end stands for whatever follows; there is no other sign. */
static bool
read_pattern(const struct key *key, const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    size_t len = strcspn(text, "*?[\\");

    if (text[len] == '\0' || strcmp(text + len, "*") == 0)
        return read_bounded(key, text, field, why);
    snprintf(why, KEY_WHY_SIZE, "must be an address, or what it begins with and a star: "
             "\"46701234567\" or \"4670*\"");
    return false;
}

static bool
read_file_name(const char *text, void *field, char why[static KEY_WHY_SIZE])
{
    if (*text == '\0' || *text == '/')
        return read_text(text, field, why);
    snprintf(why, KEY_WHY_SIZE, "must be a whole path: /PATH");
    return false;
}

/* Those whose field is a text of its own; a KEY_SECRET is one, too, but is not shown. */
#define KEY_TEXTS \
    KEY_LOG_TARGET: \
    case KEY_ADDRESS: \
    case KEY_TAG: \
    case KEY_ID_PREFIX: \
    case KEY_IP: \
    case KEY_IP_PORT: \
    case KEY_TEXT: \
    case KEY_FIELD: \
    case KEY_PATH: \
    case KEY_PATTERN: \
    case KEY_FILE

static bool
owns_text(enum key_type type)
{
    switch (type) {
    case KEY_TEXTS:
    case KEY_SECRET:
        return true;
    case KEY_DURATION:
    case KEY_SIZE:
    case KEY_COUNT:
    case KEY_STATUS:
    case KEY_BOOL:
    case KEY_STATUSES:
    case KEY_CHOICES:
    case KEY_HTTP_STATUS:
    case KEY_NETWORKS:
    case KEY_FARM_NAME:
        break;
    }
    return false;
}

bool
key_has_default(const struct key *key)
{
    return key->initial != NULL &&
           (key->initial[0] != '\0' || owns_text(key->type) || key->type == KEY_STATUSES ||
            key->type == KEY_NETWORKS);
}

bool
key_read(const struct key *key, const char *text, void *object, char why[static KEY_WHY_SIZE])
{
    void *field = (char *)object + key->offset;

    switch (key->type) {
    case KEY_DURATION:
        return read_number(key, text, duration_units, "a time such as 500ms, 5s, 2m or 1h", field,
                           why);
    case KEY_SIZE:
        return read_number(key, text, size_units, "a number of octets such as 70000 or 64KiB",
                           field, why);
    case KEY_COUNT:
        return read_number(key, text, count_units, "a whole number", field, why);
    case KEY_STATUS:
        return read_status(key, text, field, why);
    case KEY_STATUSES:
        return read_statuses(key, text, field, why);
    case KEY_BOOL:
        return read_bool(text, field, why);
    case KEY_TAG:
        return read_id_part(text, CONF_TAG_LEN, CONF_TAG_LEN, "two letters or digits", field, why);
    case KEY_ID_PREFIX:
        return read_id_part(text, 1, 16, "1 to 16 letters or digits", field, why);
    case KEY_LOG_TARGET:
        return read_log_target(text, field, why);
    case KEY_ADDRESS:
        return read_text(text, field, why);
    case KEY_HTTP_STATUS:
        return read_http_status(text, field, why);
    case KEY_IP:
        return read_ip(text, field, why);
    case KEY_IP_PORT:
        return read_ip_port(text, field, why);
    case KEY_TEXT:
    case KEY_FIELD:
    case KEY_PATH:
    case KEY_SECRET:
        return read_bounded(key, text, field, why);
    case KEY_PATTERN:
        return read_pattern(key, text, field, why);
    case KEY_FILE:
        return read_file_name(text, field, why);
    case KEY_NETWORKS:
        return read_networks(text, field, why);
    case KEY_CHOICES:
        if (key->type == KEY_FARM_MODE && *text == '\0')
            return true;
        return read_choice(text, choice_names(key->type), field, why);
    case KEY_FARM_NAME:
        return true;
    }
    return false;
}

/* libconfuse replaces ${NAME} within double quotes, hence the escaped dollar. */
static void
print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (strchr("\"\\$", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void
print_statuses(const struct conf_statuses *statuses, FILE *out)
{
    char spare[STATUS_TEXT_SIZE];
    uint32_t i;

    fputc('"', out);
    for (i = 0; i < statuses->count; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", status_name(statuses->status[i], spare));
    fputc('"', out);
}

static void
print_networks(const struct cidr_list *list, FILE *out)
{
    char spare[CIDR_TEXT_SIZE];
    size_t i;

    fputc('"', out);
    for (i = 0; i < list->count; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", cidr_format(&list->nets[i], spare));
    fputc('"', out);
}

static void
print_farm_name(const struct conf_farm *farm, FILE *out)
{
    fputs(farm != NULL ? farm->name : "\"\"", out);
}

/* A comment is behind it, so that whoever reads it doesn't take it for empty. */
static void
print_secret(const char *text, FILE *out)
{
    fputs(*text != '\0' ? "\"\"   # set, and not shown" : "\"\"", out);
}

static void
print_range(const struct conf_range *range, FILE *out)
{
    fprintf(out, range->low == range->high ? "%u" : "%u-%u", range->low, range->high);
}

void
key_print(const struct key *key, const void *object, FILE *out)
{
    const void *field = (const char *)object + key->offset;
    char spare[KEY_TEXT_SIZE];

    switch (key->type) {
    case KEY_DURATION:
        fputs(format_units(*(const uint32_t *)field, duration_units, spare), out);
        break;
    case KEY_SIZE:
        fputs(format_units(*(const uint32_t *)field, size_units, spare), out);
        break;
    case KEY_COUNT:
        fputs(format_units(*(const uint32_t *)field, count_units, spare), out);
        break;
    case KEY_STATUS:
        fputs(status_name(*(const uint32_t *)field, spare), out);
        break;
    case KEY_STATUSES:
        print_statuses(field, out);
        break;
    case KEY_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case KEY_TEXTS:
        print_text(*(const char *const *)field, out);
        break;
    case KEY_HTTP_STATUS:
        print_range(field, out);
        break;
    case KEY_NETWORKS:
        print_networks(field, out);
        break;
    case KEY_SECRET:
        print_secret(*(const char *const *)field, out);
        break;
    case KEY_CHOICES:
        fputs(choice_names(key->type)[*(const uint32_t *)field], out);
        break;
    case KEY_FARM_NAME:
        print_farm_name(*(const struct conf_farm *const *)field, out);
        break;
    }
}

void
key_free(const struct key *key, void *object)
{
    void *field = (char *)object + key->offset;

    if (owns_text(key->type))
        free(*(char **)field);
    else if (key->type == KEY_NETWORKS)
        cidr_list_fini(field);
}
