/* SPDX-License-Identifier: ISC */
/*
 * Reads a configuration file in two steps: libconfuse makes a tree of sections
 * and texts of it, for which this file notes the line of each; then the tree is
 * read into the struct by the table of keywords, and what its parts mean to each
 * other is checked. The first mistake ends it.
 *
 * libconfuse's parser is not reentrant: one thread reads configurations.
 */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "conf/conf.h"
#include "conf/key.h"
#include "conf/read.h"
#include "conf/suggest.h"
#include "conf/text.h"

#define OPTIONS_MAX 48

/* A function that each section calls as it opens, by way of a default value:
 * the only moment at which libconfuse tells the line of its title. */
#define OPENED "opened"
static char call_opened[] = OPENED "()";

/* Where libconfuse's callbacks, which get no context, put the first error. */
static char *report;

/* In this file, which says it often. */
#define fail read_fail
#define fail_at_key read_fail_at

bool
read_fail(cfg_t *cfg, long line, const char *format, ...)
{
    va_list args;
    int n;

    if (report[0] != '\0')
        return false;
    n = snprintf(report, CONF_ERROR_SIZE, "%.512s:%ld: ", cfg->filename, line);
    va_start(args, format);
    vsnprintf(report + n, CONF_ERROR_SIZE - (size_t)n, format, args);
    va_end(args);
    return false;
}

static long
opened_at(cfg_t *section)
{
    return cfg_getopt(section, OPENED)->def.number;
}

/* The line of the file that sets it; 0: none does. */
static long
set_at(const cfg_opt_t *opt)
{
    return opt->def.number;
}

long
read_opened_at(cfg_t *section)
{
    return opened_at(section);
}

long
read_set_at(cfg_t *section, const char *keyword)
{
    return set_at(cfg_getopt(section, keyword));
}

/* What libconfuse tells */

static bool
has_option(const cfg_t *cfg, const char *name)
{
    const cfg_opt_t *opt = cfg->opts;

    while (opt->name != NULL && strcmp(opt->name, name) != 0)
        opt++;
    return opt->name != NULL;
}

static enum key_section
section_of(cfg_t *cfg)
{
    enum key_section section;

    for (section = KEY_FARM; section <= KEY_LAST; section++)
        if (strcmp(cfg_name(cfg), key_section_name(section)) == 0
            && (section != KEY_NODE_TLS || has_option(cfg, "server-name")))
            return section;
    return KEY_TOP;
}

static void
fail_unknown(cfg_t *cfg, const char *name)
{
    char hint[SUGGEST_SIZE];

    fail(cfg, cfg->line, "unknown keyword '%.128s'%s", name, suggest(section_of(cfg), name, hint));
}

/* What to add to libconfuse's messages. */
static const struct {
    const char *part, *hint;
} hints[] = {
    {"unexpected token", ": write KEYWORD = VALUE, with one value, or SECTION NAME { ... }"},
    {"equal sign", ": write KEYWORD = VALUE"},
    {"append", ": write KEYWORD = VALUE"},
    {"missing title", ": write SECTION NAME { ... }"},
    {"opening brace", ": write SECTION NAME { ... }, or check { ... }"},
    {"premature end", ": write KEYWORD = VALUE or SECTION NAME { ... }"},
    {"unexpected closing brace", ": it closes no section"},
};

static void
on_error(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *format, va_list args)
{
    char message[256];
    const char *hint = "";
    size_t i;

    if (strstr(format, "no such option '%s'") != NULL) {
        fail_unknown(cfg, va_arg(args, const char *));
        return;
    }
    if (strstr(format, "duplicate title '%s'") != NULL) {
        fail(cfg, cfg->line, "the name '%s' is given twice", va_arg(args, const char *));
        return;
    }
    for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strstr(format, hints[i].part) != NULL)
            hint = hints[i].hint;
    vsnprintf(message, sizeof(message), format, args);
    fail(cfg, cfg->line, "%s%s", message, hint);
}

static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    if (set_at(opt) != 0) {
        fail(cfg, cfg->line, "'%s' is already set in line %ld", cfg_opt_name(opt), set_at(opt));
        return -1;
    }
    opt->def.number = cfg->line;
    return 0;
}

static bool
name_is_good(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    return len > 0 && len <= 32 && name[len] == '\0';
}

static int
on_opened(cfg_t *section, cfg_opt_t *opt, int argc, const char **argv)
{
    const char *name = cfg_title(section);      /* NULL: a section without one */

    (void)argc;
    (void)argv;
    if (opt->def.number != 0) {
        fail_unknown(section, OPENED);
        return -1;
    }
    opt->def.number = section->line;
    if (name != NULL && !name_is_good(name))
        fail(section, section->line,
             "%s '%.128s': a name is 1 to 32 of the characters A-Z a-z 0-9 _ . -",
             cfg_name(section), name);
    return 0;   /* libconfuse aborts the program when a default value fails */
}

/* The tree */

/* Puts the section's keywords into opts; returns how many. */
static size_t
keyword_options(enum key_section section, cfg_opt_t *opts)
{
    size_t i, n = 0;

    if (section != KEY_TOP)
        opts[n++] = (cfg_opt_t){.name = OPENED, .type = CFGT_FUNC, .func = on_opened,
                                .def = {.parsed = call_opened}};
    for (i = 0; i < key_count; i++)
        if (keys[i].section == section)
            opts[n++] = (cfg_opt_t){.name = keys[i].name, .type = CFGT_STR,
                                    .flags = CFGF_NODEFAULT, .validcb = on_value};
    ensure(n + 3 <= OPTIONS_MAX);
    return n;
}

static cfg_t *
make_tree(void)
{
    const int flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
    cfg_opt_t top[OPTIONS_MAX] = {0}, farm[OPTIONS_MAX] = {0};
    cfg_opt_t node[OPTIONS_MAX] = {0}, check[OPTIONS_MAX] = {0}, node_tls[OPTIONS_MAX] = {0};
    cfg_opt_t listener[OPTIONS_MAX] = {0}, tls[OPTIONS_MAX] = {0}, admin[OPTIONS_MAX] = {0};
    cfg_opt_t route[OPTIONS_MAX] = {0};
    size_t n, k;

    keyword_options(KEY_CHECK, check);
    keyword_options(KEY_NODE_TLS, node_tls);
    n = keyword_options(KEY_NODE, node);
    node[n] = (cfg_opt_t)CFG_SEC("check", check, CFGF_MULTI);
    node[n + 1] = (cfg_opt_t)CFG_SEC("tls", node_tls, CFGF_MULTI);
    keyword_options(KEY_TLS, tls);
    n = keyword_options(KEY_LISTENER, listener);
    listener[n] = (cfg_opt_t)CFG_SEC("tls", tls, CFGF_MULTI);
    keyword_options(KEY_ROUTE, route);
    listener[n + 1] = (cfg_opt_t)CFG_SEC("route", route, CFGF_MULTI);
    n = keyword_options(KEY_FARM, farm);
    farm[n] = (cfg_opt_t)CFG_SEC("node", node, flags);
    farm[n + 1] = (cfg_opt_t)CFG_SEC("check", check, CFGF_MULTI);
    farm[n + 2] = (cfg_opt_t)CFG_SEC("tls", node_tls, CFGF_MULTI);
    n = keyword_options(KEY_TOP, top);
    top[n] = (cfg_opt_t)CFG_SEC("farm", farm, flags);
    top[n + 1] = (cfg_opt_t)CFG_SEC("listener", listener, flags);
    k = keyword_options(KEY_ADMIN, admin);
    admin[k] = (cfg_opt_t)CFG_SEC("tls", tls, CFGF_MULTI);
    top[n + 2] = (cfg_opt_t)CFG_SEC("status", admin, CFGF_MULTI);
    return cfg_init(top, CFGF_NONE);
}

/* How far the parser came: it tells that to the innermost section alone. */
static int
last_line(cfg_t *cfg)
{
    int line = cfg->line, inner;
    cfg_opt_t *opt;

    for (opt = cfg->opts; opt->name != NULL; opt++)
        if (opt->type == CFGT_SEC && opt->nvalues > 0) {
            inner = last_line(cfg_opt_getnsec(opt, opt->nvalues - 1));
            line = inner > line ? inner : line;
        }
    return line;
}

static bool
parse(cfg_t *cfg, struct text *text)
{
    const char *why;
    FILE *file;
    int line, result;

    if (!text_prepare(text, &line, &why))
        return fail(cfg, line, "%s", why);
    if (text->len == 0)     /* which fmemopen may refuse */
        return true;
    file = fmemopen(text->bytes, text->len, "r");
    if (file == NULL)
        return fail(cfg, 1, "%s", strerror(errno));
    result = cfg_parse_fp(cfg, file);
    fclose(file);
    if (result != CFG_SUCCESS)
        fail(cfg, last_line(cfg), "a keyword is expected");   /* unless more is known */
    return result == CFG_SUCCESS && report[0] == '\0';
}

/* From the tree to the struct */

static bool
read_key(cfg_t *section, const struct key *key, void *object)
{
    cfg_opt_t *opt = cfg_getopt(section, key->name);
    char why[KEY_WHY_SIZE];
    const char *text;

    if (set_at(opt) == 0)
        return key->initial != NULL
               || fail(section, opened_at(section), "%s '%s' has no %s: %s", cfg_name(section),
                       cfg_title(section) != NULL ? cfg_title(section) : "", key->name,
                       key->help);
    text = cfg_opt_getnstr(opt, 0);
    return key_read(key, text, object, why)
           || fail(section, set_at(opt), "%s = %.128s: %s", key->name,
                   key->type == KEY_SECRET ? "(not shown)" : text, why);
}

bool
read_keys(cfg_t *section, enum key_section kind, void *object)
{
    size_t i;

    if (!conf_set_defaults(kind, object))
        return fail(section, section->line, "memory is short");
    for (i = 0; i < key_count; i++)
        if (keys[i].section == kind && !read_key(section, &keys[i], object))
            return false;
    return true;
}

/* The same for a section with a name. */
static bool
read_section(cfg_t *section, enum key_section kind, const char **name, void *object)
{
    *name = strdup(cfg_title(section));
    if (*name == NULL)
        return fail(section, section->line, "memory is short");
    return read_keys(section, kind, object);
}

bool
read_fail_at(cfg_t *section, const char *keyword, const char *value, const char *why)
{
    return fail(section, set_at(cfg_getopt(section, keyword)), "%s = %.128s: %s", keyword, value,
                why);
}

static bool
read_node(cfg_t *section, const struct conf_farm *farm, struct conf_node *node)
{
    const struct conf_node *twin;
    const char *why;

    if (!read_section(section, KEY_NODE, &node->name, node))
        return false;
    if (!conf_node_resolve(node, &why))
        return fail_at_key(section, "address", node->address, why);
    twin = conf_node_twin(farm, node);
    if (twin != NULL)
        return fail(section, set_at(cfg_getopt(section, "address")),
                    "node '%s' has the same address as node '%s'", node->name, twin->name);
    return read_checks(section, &node->checks, &node->check_count);
}

static bool
read_tags(cfg_t *section, struct conf_farm *farm)
{
    const struct conf_node *node;
    const char *why;
    cfg_t *at;
    long line;

    node = farm->mode == CONF_MODE_SMPP ? conf_farm_tags(farm, &why) : NULL;
    if (node == NULL)
        return true;
    at = cfg_getnsec(section, "node", (unsigned)(node - farm->nodes));
    line = set_at(cfg_getopt(at, farm->message_id == CONF_MESSAGE_ID_PREFIX ? "id-prefix" : "tag"));
    return fail(section, line != 0 ? line : opened_at(at), "node '%s': %s", node->name, why);
}

static bool
read_farm(cfg_t *section, struct conf_farm *farm)
{
    unsigned i, n = cfg_size(section, "node");
    long line = set_at(cfg_getopt(section, "reconnect-max"));

    if (!read_section(section, KEY_FARM, &farm->name, farm))
        return false;
    if (farm->reconnect_max_ms < farm->reconnect_ms)
        return fail(section, line != 0 ? line : set_at(cfg_getopt(section, "reconnect")),
                    "reconnect-max must not be less than reconnect");
    if (n == 0)
        return fail(section, opened_at(section),
                    "farm '%s' has no node: node NAME { address = \"HOST:PORT\" }", farm->name);
    if (!conf_farm_alloc(farm, n))
        return fail(section, section->line, "memory is short");
    if (!read_checks(section, &farm->checks, &farm->check_count))
        return false;
    for (i = 0; i < n; i++)
        if (!read_node(cfg_getnsec(section, "node", i), farm, &farm->nodes[i]))
            return false;
    read_inherited(section, farm);
    return read_farm_mode(section, farm) && read_tags(section, farm)
           && read_farm_tls(section, farm) && read_checks_fit(section, farm);
}

static bool
find_farm(cfg_t *section, const struct conf *conf, struct conf_listener *listener)
{
    cfg_opt_t *opt = cfg_getopt(section, "farm");
    const char *name = set_at(opt) != 0 ? cfg_opt_getnstr(opt, 0) : "";
    size_t i;

    for (i = 0; i < conf->farm_count; i++)
        if (strcmp(conf->farms[i].name, name) == 0)
            listener->farm = &conf->farms[i];
    if (listener->farm != NULL)
        return true;
    if (name[0] != '\0')
        return fail_at_key(section, "farm", name, "there is no farm of that name");
    if (conf->farm_count > 1)
        return fail(section, opened_at(section),
                    "listener '%s' must name its farm, for there are several: farm = %s",
                    listener->name, conf->farms[0].name);
    listener->farm = conf->farms;
    return true;
}

static bool
read_listener(cfg_t *section, const struct conf *conf, struct conf_listener *listener)
{
    const struct conf_listener *twin;
    const char *why;

    if (!read_section(section, KEY_LISTENER, &listener->name, listener)
        || !find_farm(section, conf, listener))
        return false;
    if (!conf_listener_resolve(listener, &why))
        return fail_at_key(section, "address", listener->address, why);
    twin = conf_listener_twin(conf, listener);
    if (twin != NULL)
        return fail(section, set_at(cfg_getopt(section, "address")),
                    "listener '%s' has the same address as listener '%s'", listener->name,
                    twin->name);
    return read_listener_mode(section, listener) && read_listener_door(section, listener)
           && read_routes(section, conf, listener) && read_listener_tls(section, listener);
}

static bool
read_top(cfg_t *top, struct conf *conf)
{
    size_t i;

    if (!read_keys(top, KEY_TOP, conf))
        return false;
    if (conf->farm_count == 0)
        return fail(top, 1, "there is no farm: farm NAME { node NAME { address = ... } }");
    if (conf->listener_count == 0)
        return fail(top, 1, "there is no listener: listener NAME { address = ... }");
    for (i = 0; i < conf->farm_count; i++)
        if (!read_farm(cfg_getnsec(top, "farm", (unsigned)i), &conf->farms[i]))
            return false;
    for (i = 0; i < conf->listener_count; i++)
        if (!read_listener(cfg_getnsec(top, "listener", (unsigned)i), conf, &conf->listeners[i]))
            return false;
    conf_group_farms(conf);
    return read_admin(top, conf);
}

static struct conf *
read_tree(cfg_t *top)
{
    struct conf *conf = conf_new(cfg_size(top, "farm"), cfg_size(top, "listener"));

    if (conf == NULL) {
        fail(top, 1, "memory is short");
    } else if (!read_top(top, conf)) {
        conf_unref(conf);
        conf = NULL;
    }
    return conf;
}

/* A value may hold anything; a message is one line. */
static void
blank_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
}

struct conf *
conf_read(const char *path, char error[static CONF_ERROR_SIZE])
{
    struct conf *conf = NULL;
    struct text text;
    cfg_t *cfg;

    report = error;
    error[0] = '\0';
    if (!text_load(&text, path)) {
        snprintf(error, CONF_ERROR_SIZE, "%.512s: %s", path, strerror(errno));
        return NULL;
    }
    cfg = make_tree();
    if (cfg != NULL && (cfg->filename = strdup(path)) != NULL) {
        cfg_set_error_function(cfg, on_error);
        if (parse(cfg, &text))
            conf = read_tree(cfg);
    } else {
        snprintf(error, CONF_ERROR_SIZE, "%.512s: memory is short", path);
    }
    if (cfg != NULL)
        cfg_free(cfg);
    text_fini(&text);
    blank_controls(error);
    return conf;
}
