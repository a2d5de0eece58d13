/* SPDX-License-Identifier: ISC */
/*
 * The configuration without a file: one farm of the --node options, a listener
 * for each --listen, the status endpoint of --status, all else by default.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "conf/build.h"
#include "conf/conf.h"

static size_t
count(const char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

/* "--node 10.0.0.1:99999: what would be right"; returns false. */
static bool
refuse(char *error, const char *option, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool
refuse(char *error, const char *option, const char *value, const char *format, ...)
{
    char shown[256];
    va_list args;
    int n;

    escape(shown, sizeof(shown), value, strlen(value));
    n = snprintf(error, CONF_ERROR_SIZE, "%s %s: ", option, shown);
    va_start(args, format);
    vsnprintf(error + n, CONF_ERROR_SIZE - (size_t)n, format, args);
    va_end(args);
    return false;
}

/* A numbered name: "node1". */
static bool
set_name(const char **name, const char *stem, size_t number)
{
    char *text;

    *name = asprintf(&text, "%s%zu", stem, number) == -1 ? NULL : text;
    return *name != NULL;
}

static bool
set_address(const char **address, const char *text)
{
    *address = strdup(text);
    return *address != NULL;
}

static bool
add_node(struct conf_farm *farm, size_t i, const char *text, char *error)
{
    struct conf_node *node = &farm->nodes[i];
    const struct conf_node *twin;
    const char *why = "memory is short";

    if (!conf_set_defaults(KEY_NODE, node) || !set_name(&node->name, "node", i + 1)
        || !set_address(&node->address, text) || !conf_node_resolve(node, &why))
        return refuse(error, "--node", text, "%s", why);
    twin = conf_node_twin(farm, node);
    if (twin != NULL)
        return refuse(error, "--node", text, "the same address as --node %s", twin->address);
    return true;
}

static bool
add_listener(struct conf *conf, size_t i, const char *text, char *error)
{
    struct conf_listener *listener = &conf->listeners[i];
    const struct conf_listener *twin;
    const char *why = "memory is short";

    listener->farm = conf->farms;
    if (!conf_set_defaults(KEY_LISTENER, listener)
        || !set_name(&listener->name, "listener", i + 1)
        || !set_address(&listener->address, text) || !conf_listener_resolve(listener, &why))
        return refuse(error, "--listen", text, "%s", why);
    twin = conf_listener_twin(conf, listener);
    if (twin != NULL)
        return refuse(error, "--listen", text, "the same address as --listen %s", twin->address);
    return true;
}

static bool
set_text(const char **field, const char *text)
{
    free((char *)*field);
    *field = strdup(text);
    return *field != NULL;
}

static bool
add_status(struct conf *conf, const char *text, char *error)
{
    bool is_path = strncmp(text, "unix:", 5) == 0;
    const char *why = "memory is short";

    if (!conf_admin_alloc(conf)
        || !set_text(is_path ? &conf->admin->socket : &conf->admin->address,
                     is_path ? text + 5 : text)
        || !conf_admin_resolve(conf->admin, &why))
        return refuse(error, "--status", text, "%s", why);
    return true;
}

static bool
fill(struct conf *conf, const struct conf_options *options, char *error)
{
    struct conf_farm *farm = conf->farms;
    const char *why;
    size_t i;

    farm->name = strdup("default");
    if (farm->name == NULL || !conf_set_defaults(KEY_TOP, conf)
        || !conf_set_defaults(KEY_FARM, farm) || !conf_farm_alloc(farm, count(options->node))) {
        snprintf(error, CONF_ERROR_SIZE, "memory is short");
        return false;
    }
    for (i = 0; i < farm->node_count; i++)
        if (!add_node(farm, i, options->node[i], error))
            return false;
    conf_farm_inherit(farm, NULL, NULL);
    if (conf_farm_tags(farm, &why) != NULL) {
        snprintf(error, CONF_ERROR_SIZE, "--node: more than 90 of them need a file");
        return false;
    }
    for (i = 0; i < conf->listener_count; i++)
        if (!add_listener(conf, i, options->listen[i], error))
            return false;
    conf_group_farms(conf);
    return options->status == NULL || add_status(conf, options->status, error);
}

struct conf *
conf_from_options(const struct conf_options *options, char error[static CONF_ERROR_SIZE])
{
    struct conf *conf;

    if (count(options->listen) == 0 || count(options->node) == 0) {
        snprintf(error, CONF_ERROR_SIZE,
                 "%s is missing: without a file, --listen and --node are both needed, "
                 "each with ADDRESS:PORT or PORT",
                 count(options->listen) == 0 ? "--listen" : "--node");
        return NULL;
    }
    conf = conf_new(1, count(options->listen));
    if (conf == NULL) {
        snprintf(error, CONF_ERROR_SIZE, "memory is short");
        return NULL;
    }
    if (!fill(conf, options, error)) {
        conf_unref(conf);
        return NULL;
    }
    return conf;
}
