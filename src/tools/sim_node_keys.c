/* SPDX-License-Identifier: ISC */
/* The keys of -n, each a row of a table, and the units that their values take. */
#include "tools/sim_node_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/status.h"

#define MO_WINDOW_DEFAULT 100
#define MO_WINDOW_MAX 100000
#define MO_RATE_MAX 1e6
#define HTTP_AUTH_MAX 255

struct key {
    const char *name;
    bool (*take)(struct sim_node_options *node, char *value);
    const char *why;    /* what the value would have to be */
};

static bool
parse_double(const char *text, double max, double *number, const char **end)
{
    char *stop;

    errno = 0;
    *number = strtod(text, &stop);
    *end = stop;
    return stop != text && errno == 0 && *number >= 0 && *number <= max;
}

/* "5ms", "1.5s", "200us", "2m", "0". */
static bool
parse_duration(const char *text, uint64_t *us)
{
    static const struct {
        const char *unit;
        double us;
    } units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}};
    const char *unit;
    double number;
    size_t i;

    if (!parse_double(text, 1e9, &number, &unit))
        return false;
    *us = 0;
    if (*unit == '\0')
        return number == 0;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(unit, units[i].unit) == 0) {
            *us = (uint64_t)(number * units[i].us);
            return true;
        }
    return false;
}

bool
sim_latency_parse(const char *text, struct sim_latency *latency)
{
    latency->exponential = strncmp(text, "exp:", 4) == 0;
    return parse_duration(latency->exponential ? text + 4 : text, &latency->us);
}

bool
sim_share_parse(const char *text, double *share)
{
    const char *end;

    if (!parse_double(text, 100, share, &end) || (*end != '\0' && strcmp(end, "%") != 0))
        return false;
    *share /= 100;
    return true;
}

bool
sim_number_parse(const char *text, uint64_t max, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number <= max;
}

static bool
parse_unsigned(const char *text, unsigned max, unsigned *number)
{
    uint64_t n;

    if (!sim_number_parse(text, max, &n))
        return false;
    *number = (unsigned)n;
    return true;
}

static bool
take_latency(struct sim_node_options *node, char *value)
{
    return sim_latency_parse(value, &node->latency);
}

static bool
take_accounts(struct sim_node_options *node, char *value)
{
    char *rest = value, *pair, *colon;
    struct sim_login *login;

    while ((pair = strsep(&rest, ";")) != NULL) {
        colon = strchr(pair, ':');
        if (colon == NULL || colon == pair)
            return false;
        login = calloc(1, sizeof(*login));
        if (login == NULL)
            return false;
        *colon = '\0';
        login->system_id = pair;
        login->password = colon + 1;
        login->next = node->logins;
        node->logins = login;
    }
    return true;
}

static bool
take_receipts(struct sim_node_options *node, char *value)
{
    if (strcmp(value, "on") == 0)
        node->receipts = SIM_RECEIPTS_ON;
    else if (strcmp(value, "off") == 0)
        node->receipts = SIM_RECEIPTS_OFF;
    else
        return strcmp(value, "asked") == 0;
    return true;
}

static bool
take_receipt_delay(struct sim_node_options *node, char *value)
{
    return parse_duration(value, &node->receipt_delay_us);
}

static bool
take_receipt_form(struct sim_node_options *node, char *value)
{
    if (strcmp(value, "text") == 0)
        node->receipt_form = SIM_FORM_TEXT;
    else if (strcmp(value, "tlv") == 0)
        node->receipt_form = SIM_FORM_TLV;
    else
        return strcmp(value, "both") == 0;
    return true;
}

static bool
take_mo(struct sim_node_options *node, char *value)
{
    const char *end;

    return parse_double(value, MO_RATE_MAX, &node->mo_rate, &end) && *end == '\0';
}

static bool
take_mo_long(struct sim_node_options *node, char *value)
{
    return sim_share_parse(value, &node->mo_long);
}

static bool
take_mo_window(struct sim_node_options *node, char *value)
{
    return parse_unsigned(value, MO_WINDOW_MAX, &node->mo_window) && node->mo_window > 0;
}

static bool
take_error(struct sim_node_options *node, char *value)
{
    struct sim_error *error = &node->errors[node->error_count];
    char *colon = strrchr(value, ':');

    if (node->error_count == SIM_ERRORS_MAX || colon == NULL)
        return false;
    *colon = '\0';
    if (!status_parse(value, &error->status) || !sim_share_parse(colon + 1, &error->share))
        return false;
    node->error_count++;
    return true;
}

static bool
take_ids(struct sim_node_options *node, char *value)
{
    size_t len;

    if (strcmp(value, "hex") == 0) {
        node->ids = SIM_IDS_HEX;
    } else if (strcmp(value, "decimal10") == 0) {
        node->ids = SIM_IDS_DECIMAL10;
    } else if (strncmp(value, "prefix:", 7) == 0) {
        len = strspn(value + 7, "0123456789");
        if (len == 0 || len >= SIM_PREFIX_SIZE || value[7 + len] != '\0')
            return false;
        node->ids = SIM_IDS_PREFIX;
        memcpy(node->prefix, value + 7, len + 1);
    } else {
        return strcmp(value, "counter") == 0;
    }
    return true;
}

static bool
take_window(struct sim_node_options *node, char *value)
{
    return parse_unsigned(value, UINT32_MAX, &node->window);
}

static bool
take_bind_status(struct sim_node_options *node, char *value)
{
    return status_parse(value, &node->bind_status);
}

static bool
take_enquire_link(struct sim_node_options *node, char *value)
{
    return parse_duration(value, &node->enquire_us);
}

static bool
take_max_binds(struct sim_node_options *node, char *value)
{
    return parse_unsigned(value, UINT32_MAX, &node->max_binds);
}

static bool
take_echo(struct sim_node_options *node, char *value)
{
    node->echo = strcmp(value, "on") == 0;
    return node->echo || strcmp(value, "off") == 0;
}

static bool
take_http(struct sim_node_options *node, char *value)
{
    const char *why;

    node->has_http = true;
    return addr_parse(value, "127.0.0.1", &node->http, &why);
}

static bool
take_http_auth(struct sim_node_options *node, char *value)
{
    node->http_auth = value;
    return strchr(value, ':') != NULL && strlen(value) <= HTTP_AUTH_MAX;
}

static bool
take_tls_certificate(struct sim_node_options *node, char *value)
{
    node->tls_certificate = value;
    return true;
}

static bool
take_tls_key(struct sim_node_options *node, char *value)
{
    node->tls_key = value;
    return true;
}

static bool
take_tls_ca(struct sim_node_options *node, char *value)
{
    node->tls_ca = value;
    return true;
}

static const struct key keys[] = {
    {"latency", take_latency, "latency is a time like 5ms, or exp:20ms"},
    {"accounts", take_accounts, "accounts is USER:PASSWORD, more of them after semicolons"},
    {"receipts", take_receipts, "receipts is on, off or asked"},
    {"receipt-delay", take_receipt_delay, "receipt-delay is a time like 1s"},
    {"receipt-form", take_receipt_form, "receipt-form is text, tlv or both"},
    {"mo", take_mo, "mo is a number of messages a second"},
    {"mo-long", take_mo_long, "mo-long is a percentage like 10%"},
    {"mo-window", take_mo_window, "mo-window is a number from 1 to 100000"},
    {"error", take_error, "error is STATUS:PERCENT, like ESME_RTHROTTLED:10%, at most 8 times"},
    {"ids", take_ids, "ids is counter, hex, decimal10 or prefix:DIGITS"},
    {"window", take_window, "window is a number"},
    {"bind-status", take_bind_status, "bind-status is a status like ESME_RINVPASWD or 0x0e"},
    {"enquire-link", take_enquire_link, "enquire-link is a time like 30s"},
    {"max-binds", take_max_binds, "max-binds is a number"},
    {"http", take_http, "http is ADDR:PORT or PORT"},
    {"http-auth", take_http_auth, "http-auth is USER:PASSWORD, at most 255 octets"},
    {"echo", take_echo, "echo is on or off"},
    {"tls-certificate", take_tls_certificate, "tls-certificate is a file"},
    {"tls-key", take_tls_key, "tls-key is a file"},
    {"tls-ca", take_tls_ca, "tls-ca is a file"},
};

static bool
take_key(struct sim_node_options *node, char *text, const char **why)
{
    char *value = strchr(text, '=');
    size_t i;

    *why = "a key of a node is KEY=VALUE; smppsim --help lists them";
    if (value == NULL)
        return false;
    *value++ = '\0';
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(text, keys[i].name) == 0) {
            *why = keys[i].why;
            return keys[i].take(node, value);
        }
    return false;
}

bool
sim_node_keys_parse(struct sim_node_options *node, char *text, const char **what, const char **why)
{
    char *rest = text, *head = strsep(&rest, ","), *addr = strchr(head, '='), *key;

    *what = head;
    node->receipts = SIM_RECEIPTS_ASKED;
    node->receipt_form = SIM_FORM_BOTH;
    node->mo_window = MO_WINDOW_DEFAULT;
    *why = "a node is NAME=ADDR[,KEY=VALUE...]; its name has 1 to 15 characters and no space";
    if (addr == NULL || addr == head || (size_t)(addr - head) >= SIM_NAME_SIZE)
        return false;
    *addr++ = '\0';
    if (strpbrk(head, " \t\r\n") != NULL)
        return false;
    *why = "the ready file has this word for the control socket";
    if (strcmp(head, "control") == 0)
        return false;
    memcpy(node->name, head, strlen(head) + 1);
    if (!addr_parse(addr, "127.0.0.1", &node->addr, why))
        return false;
    while ((key = strsep(&rest, ",")) != NULL) {
        *what = key;
        if (!take_key(node, key, why))
            return false;
    }
    return true;
}
