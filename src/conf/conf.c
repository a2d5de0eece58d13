/* SPDX-License-Identifier: ISC */
/*
 * Owns a configuration's memory: built by conf/read.c or conf/options.c, printed
 * here, never changed, freed with the last reference. Any thread may hold one.
 */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/build.h"
#include "conf/key.h"

struct conf *
conf_new(size_t farms, size_t listeners)
{
    struct conf *conf = calloc(1, sizeof(*conf));
    size_t i;

    if (conf == NULL)
        return NULL;
    atomic_init(&conf->refs, 1);
    conf->farms = calloc(farms + 1, sizeof(*conf->farms));
    conf->listeners = calloc(listeners + 1, sizeof(*conf->listeners));
    if (conf->farms == NULL || conf->listeners == NULL) {
        conf_unref(conf);
        return NULL;
    }
    for (i = 0; i < listeners; i++)
        conf->listeners[i].index = (uint32_t)i;
    conf->farm_count = farms;
    conf->listener_count = listeners;
    return conf;
}

bool
conf_farm_alloc(struct conf_farm *farm, size_t nodes)
{
    farm->nodes = calloc(nodes + 1, sizeof(*farm->nodes));
    if (farm->nodes == NULL)
        return false;
    farm->node_count = nodes;
    return true;
}

void
conf_farm_inherit(struct conf_farm *farm, bool (*is_own)(void *, size_t node, const char *keyword),
                  void *context)
{
    struct conf_node *node;
    size_t i;

    farm->max_pdu_up = farm->max_pdu;
    for (i = 0; i < farm->node_count; i++) {
        node = &farm->nodes[i];
        if (is_own == NULL || !is_own(context, i, "max-pdu"))
            node->max_pdu = farm->max_pdu;
        if (is_own == NULL || !is_own(context, i, "send-proxy"))
            node->send_proxy = farm->send_proxy;
        if (node->max_pdu < farm->max_pdu_up)
            farm->max_pdu_up = node->max_pdu;
    }
}

bool
conf_set_defaults(enum key_section section, void *object)
{
    char why[KEY_WHY_SIZE];
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == section && key_has_default(&keys[i])
            && !key_read(&keys[i], keys[i].initial, object, why))
            return false;
    return true;
}

bool
conf_node_resolve(struct conf_node *node, const char **why)
{
    char host[ADDR_HOST_SIZE];

    if (!addr_read(node->address, "127.0.0.1", &node->addr, host, &node->port, why))
        return false;
    *why = "memory is short";
    if (host[0] != '\0' && (node->host = strdup(host)) == NULL)
        return false;
    *why = "a node's port is a number from 1 to 65535";
    return node->addr.sa.any.sa_family == AF_UNIX || node->port != 0;
}

bool
conf_listener_resolve(struct conf_listener *listener, const char **why)
{
    return addr_parse(listener->address, "0.0.0.0", &listener->addr, why);
}

bool
conf_admin_alloc(struct conf *conf)
{
    conf->admin = calloc(1, sizeof(*conf->admin));
    return conf->admin != NULL && conf_set_defaults(KEY_ADMIN, conf->admin);
}

bool
conf_admin_resolve(struct conf_admin *admin, const char **why)
{
    char text[ADDR_TEXT_SIZE * 4];

    if (admin->address[0] != '\0' && !addr_parse(admin->address, "127.0.0.1", &admin->addr, why))
        return false;
    snprintf(text, sizeof(text), "unix:%s", admin->socket);
    return admin->socket[0] == '\0' || addr_parse(text, "", &admin->socket_addr, why);
}

bool
conf_node_is_at(const struct conf_node *a, const struct conf_node *b)
{
    if (a->host == NULL || b->host == NULL)
        return a->host == b->host && addr_equal(&a->addr, &b->addr);
    return a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

const struct conf_node *
conf_node_twin(const struct conf_farm *farm, const struct conf_node *node)
{
    const struct conf_node *other;

    for (other = farm->nodes; other < node; other++)
        if (conf_node_is_at(other, node))
            return other;
    return NULL;
}

const struct conf_listener *
conf_listener_twin(const struct conf *conf, const struct conf_listener *listener)
{
    const struct conf_listener *other;

    if (listener->addr.sa.any.sa_family != AF_UNIX && addr_port(&listener->addr) == 0)
        return NULL;
    for (other = conf->listeners; other < listener; other++)
        if (addr_equal(&other->addr, &listener->addr))
            return other;
    return NULL;
}

struct conf *
conf_ref(struct conf *conf)
{
    atomic_fetch_add_explicit(&conf->refs, 1, memory_order_relaxed);
    return conf;
}

static void
free_keys(enum key_section section, void *object)
{
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == section)
            key_free(&keys[i], object);
}

static void
free_checks(struct conf_check *checks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        free_keys(KEY_CHECK, &checks[i]);
        free((char *)checks[i].secret);
    }
    free(checks);
}

static void
free_tls(enum key_section section, struct conf_tls *tls, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        free_keys(section, &tls[i]);
    free(tls);
}

static void
free_listener(struct conf_listener *listener)
{
    size_t i;

    tls_server_unref(listener->tls_server);
    tls_names_free(listener->tls_names);
    free_tls(KEY_TLS, listener->tls, listener->tls_count);
    for (i = 0; i < listener->route_count; i++)
        free_keys(KEY_ROUTE, &listener->routes[i]);
    free(listener->routes);
    free_keys(KEY_LISTENER, listener);
    free((char *)listener->name);
}

static void
free_farm(struct conf_farm *farm)
{
    size_t i;

    for (i = 0; i < farm->node_count; i++) {
        tls_client_unref(farm->nodes[i].tls_client);
        free_tls(KEY_NODE_TLS, farm->nodes[i].tls, farm->nodes[i].tls != NULL);
        free_keys(KEY_NODE, &farm->nodes[i]);
        free((char *)farm->nodes[i].name);
        free((char *)farm->nodes[i].host);
        free_checks(farm->nodes[i].checks, farm->nodes[i].check_count);
    }
    free(farm->nodes);
    free_checks(farm->checks, farm->check_count);
    free_tls(KEY_NODE_TLS, farm->tls, farm->tls != NULL);
    free_keys(KEY_FARM, farm);
    free((char *)farm->name);
}

static void
free_admin(struct conf_admin *admin)
{
    if (admin == NULL)
        return;
    tls_server_unref(admin->tls_server);
    free_tls(KEY_TLS, admin->tls, admin->tls_count);
    free_keys(KEY_ADMIN, admin);
    free((char *)admin->token);
    free(admin);
}

void
conf_unref(struct conf *conf)
{
    size_t i;

    if (conf == NULL || atomic_fetch_sub_explicit(&conf->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (i = 0; i < conf->farm_count; i++)
        free_farm(&conf->farms[i]);
    for (i = 0; i < conf->listener_count; i++)
        free_listener(&conf->listeners[i]);
    free(conf->farms);
    free(conf->listeners);
    free_admin(conf->admin);
    free_keys(KEY_TOP, conf);
    free(conf);
}

/* A keyword that reading would refuse in this place is left out. */
static bool
is_printed(const struct key *key, enum conf_mode mode, const void *object)
{
    return conf_mode_takes(mode, key->section, key->name) &&
           (key->section != KEY_CHECK ||
            conf_check_takes(((const struct conf_check *)object)->type, key->name));
}

static void
print_key(const struct key *key, int indent, const void *object, FILE *out)
{
    fprintf(out, "%*s%s = ", indent, "", key->name);
    key_print(key, object, out);
    fputc('\n', out);
}

static void
print_keys(enum key_section section, int indent, enum conf_mode mode, const void *object,
           FILE *out)
{
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == section && is_printed(&keys[i], mode, object))
            print_key(&keys[i], indent, object, out);
}

static void
print_tls(enum key_section section, int indent, enum conf_mode mode, const struct conf_tls *tls,
          size_t count, FILE *out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        fprintf(out, "%*stls {\n", indent, "");
        if (i == 0) {
            print_keys(section, indent + 4, mode, &tls[i], out);
        } else {    /* the rest is the first one's */
            print_key(key_find(section, "certificate"), indent + 4, &tls[i], out);
            print_key(key_find(section, "key"), indent + 4, &tls[i], out);
        }
        fprintf(out, "%*s}\n", indent, "");
    }
}

static void
print_checks(const struct conf_check *checks, size_t count, int indent, FILE *out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        fprintf(out, "%*scheck {\n", indent, "");
        print_keys(KEY_CHECK, indent + 4, CONF_MODE_SMPP, &checks[i], out);
        fprintf(out, "%*s}\n", indent, "");
    }
}

static void
print_routes(const struct conf_route *routes, size_t count, FILE *out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        fputs("    route {\n", out);
        print_keys(KEY_ROUTE, 8, CONF_MODE_SMPP, &routes[i], out);
        fputs("    }\n", out);
    }
}

static void
print_listener(const struct conf_listener *listener, FILE *out)
{
    fprintf(out, "\nlistener %s {\n", listener->name);
    print_keys(KEY_LISTENER, 4, listener->mode, listener, out);
    print_routes(listener->routes, listener->route_count, out);
    print_tls(KEY_TLS, 4, listener->mode, listener->tls, listener->tls_count, out);
    fputs("}\n", out);
}

static void
print_farm(const struct conf_farm *farm, FILE *out)
{
    size_t i;

    fprintf(out, "\nfarm %s {\n", farm->name);
    print_keys(KEY_FARM, 4, farm->mode, farm, out);
    print_tls(KEY_NODE_TLS, 4, farm->mode, farm->tls, farm->tls != NULL, out);
    print_checks(farm->checks, farm->check_count, 4, out);
    for (i = 0; i < farm->node_count; i++) {
        fprintf(out, "    node %s {\n", farm->nodes[i].name);
        print_keys(KEY_NODE, 8, farm->mode, &farm->nodes[i], out);
        print_tls(KEY_NODE_TLS, 8, farm->mode, farm->nodes[i].tls, farm->nodes[i].tls != NULL,
                  out);
        print_checks(farm->nodes[i].checks, farm->nodes[i].check_count, 8, out);
        fputs("    }\n", out);
    }
    fputs("}\n", out);
}

void
conf_print(const struct conf *conf, FILE *out)
{
    size_t i;

    print_keys(KEY_TOP, 0, CONF_MODE_SMPP, conf, out);
    for (i = 0; i < conf->farm_count; i++)
        print_farm(&conf->farms[i], out);
    for (i = 0; i < conf->listener_count; i++)
        print_listener(&conf->listeners[i], out);
    if (conf->admin != NULL) {
        fputs("\nstatus {\n", out);
        print_keys(KEY_ADMIN, 4, CONF_MODE_SMPP, conf->admin, out);
        /* without what is about system_ids */
        print_tls(KEY_TLS, 4, CONF_MODE_TCP, conf->admin->tls, conf->admin->tls_count, out);
        fputs("}\n", out);
    }
}
