/* SPDX-License-Identifier: ISC */
/*
 * Brings a new configuration into the order of the one that runs. What is not
 * in it any more, of nodes, is copied over as gone; farms and listeners have to
 * stay.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"

static bool
refuse(char *error, const char *kind, const char *name, const char *why)
{
    snprintf(error, CONF_ERROR_SIZE, "%s '%s' %s while smpplex runs: start it anew", kind, name,
             why);
    return false;
}

static bool
find_farm(const struct conf *conf, const char *name, size_t *i)
{
    for (*i = 0; *i < conf->farm_count; ++*i)
        if (strcmp(conf->farms[*i].name, name) == 0)
            return true;
    return false;
}

static bool
find_listener(const struct conf *conf, const char *name, size_t *i)
{
    for (*i = 0; *i < conf->listener_count; ++*i)
        if (strcmp(conf->listeners[*i].name, name) == 0)
            return true;
    return false;
}

/* Where a farm is when those in a and b have changed places. */
static const struct conf_farm *
after_swap(const struct conf *conf, size_t a, size_t b, const struct conf_farm *farm)
{
    if (farm == &conf->farms[a])
        return &conf->farms[b];
    return farm == &conf->farms[b] ? &conf->farms[a] : farm;
}

static void
swap_farms(struct conf *conf, size_t a, size_t b)
{
    struct conf_farm farm = conf->farms[a];
    struct conf_listener *listener;
    size_t i, j;

    conf->farms[a] = conf->farms[b];
    conf->farms[b] = farm;
    for (i = 0; i < conf->listener_count; i++) {
        listener = &conf->listeners[i];
        listener->farm = after_swap(conf, a, b, listener->farm);
        for (j = 0; j < listener->route_count; j++)
            listener->routes[j].farm = after_swap(conf, a, b, listener->routes[j].farm);
    }
}

static void
swap_listeners(struct conf *conf, size_t a, size_t b)
{
    struct conf_listener listener = conf->listeners[a];

    conf->listeners[a] = conf->listeners[b];
    conf->listeners[b] = listener;
}

static bool
order_farms(struct conf *next, const struct conf *now, char *error)
{
    size_t i, at;

    for (i = 0; i < now->farm_count; i++) {
        if (!find_farm(next, now->farms[i].name, &at))
            return refuse(error, "farm", now->farms[i].name, "can't be removed");
        swap_farms(next, i, at);
        if (next->farms[i].mode != now->farms[i].mode)
            return refuse(error, "farm", now->farms[i].name, "can't change its mode");
        if (next->farms[i].concat_max != now->farms[i].concat_max)
            return refuse(error, "farm", now->farms[i].name, "can't change its concat-max");
        if (next->farms[i].learn_max != now->farms[i].learn_max)
            return refuse(error, "farm", now->farms[i].name, "can't change its learn-max");
    }
    if (next->farm_count > now->farm_count)
        return refuse(error, "farm", next->farms[now->farm_count].name, "can't be added");
    return true;
}

static bool
order_listeners(struct conf *next, const struct conf *now, char *error)
{
    const struct conf_listener *was, *is;
    size_t i, at;

    for (i = 0; i < now->listener_count; i++) {
        was = &now->listeners[i];
        if (!find_listener(next, was->name, &at))
            return refuse(error, "listener", was->name, "can't be removed");
        swap_listeners(next, i, at);
        next->listeners[i].index = (uint32_t)i;
        is = &next->listeners[i];
        if (!addr_equal(&is->addr, &was->addr))
            return refuse(error, "listener", was->name, "can't change its address");
        if (is->farm - next->farms != was->farm - now->farms)
            return refuse(error, "listener", was->name, "can't change its farm");
    }
    if (next->listener_count > now->listener_count)
        return refuse(error, "listener", next->listeners[now->listener_count].name,
                      "can't be added");
    return true;
}

static bool
is_same(const struct conf_node *a, const struct conf_node *b)
{
    return strcmp(a->name, b->name) == 0 && conf_node_is_at(a, b);
}

/* Clients hold ids with the tags that nodes have now. */
static bool
check_tags(const struct conf_farm *next, const struct conf_farm *now, char *error)
{
    const struct conf_node *was, *is;

    if (next->mode != CONF_MODE_SMPP)
        return true;
    if (next->message_id != CONF_MESSAGE_ID_TAG || now->message_id != CONF_MESSAGE_ID_TAG)
        return true;
    for (was = now->nodes; was < now->nodes + now->node_count; was++)
        for (is = next->nodes; is < next->nodes + next->node_count; is++)
            if (!was->gone && is_same(is, was) && strcmp(is->tag, was->tag) != 0) {
                snprintf(error, CONF_ERROR_SIZE, "node '%s' would change its tag from %s to %s: "
                         "name it, tag = %s", was->name, was->tag, is->tag, was->tag);
                return false;
            }
    return true;
}

/* Moves the node from `next` to its place, or makes one that is gone. */
static bool
take_node(struct conf_farm *next, const struct conf_node *was, struct conf_node *place)
{
    size_t i;

    for (i = 0; i < next->node_count; i++)
        if (next->nodes[i].name != NULL && is_same(&next->nodes[i], was)) {
            *place = next->nodes[i];
            next->nodes[i] = (struct conf_node){0};
            return true;
        }
    *place = (struct conf_node){.name = strdup(was->name), .address = strdup(was->address),
                                .addr = was->addr, .port = was->port, .gone = true,
                                .max_pdu = was->max_pdu, .send_proxy = was->send_proxy,
                                .tag = strdup(was->tag), .id_prefix = strdup(was->id_prefix)};
    if (was->host != NULL)
        place->host = strdup(was->host);
    if (was->tls_client != NULL)
        place->tls_client = tls_client_ref(was->tls_client);
    return place->name != NULL && place->address != NULL && place->tag != NULL &&
           place->id_prefix != NULL && (was->host == NULL || place->host != NULL);
}

static bool
order_nodes(struct conf_farm *next, const struct conf_farm *now)
{
    struct conf_farm ordered = *next;
    size_t i;
    bool ok;

    ok = conf_farm_alloc(&ordered, now->node_count + next->node_count);
    if (!ok)
        return false;
    for (i = 0; i < now->node_count; i++)
        ok = take_node(next, &now->nodes[i], &ordered.nodes[i]) && ok;
    ordered.node_count = now->node_count;
    for (i = 0; i < next->node_count; i++)
        if (next->nodes[i].name != NULL)
            ordered.nodes[ordered.node_count++] = next->nodes[i];
    free(next->nodes);
    *next = ordered;
    return ok;
}

static bool
same_addr(const struct conf_admin *a, const struct conf_admin *b)
{
    return addr_equal(&a->addr, &b->addr) && addr_equal(&a->socket_addr, &b->socket_addr) &&
           strcmp(a->socket_group, b->socket_group) == 0;
}

static bool
follow_admin(const struct conf_admin *next, const struct conf_admin *now, char *error)
{
    if ((next == NULL) == (now == NULL) && (next == NULL || same_addr(next, now)))
        return true;
    snprintf(error, CONF_ERROR_SIZE, "section status can't come, go or change its address or "
             "socket while smpplex runs: start it anew");
    return false;
}

/* Whom it has become it stays. */
static bool
follow_privileges(const struct conf *next, const struct conf *now, char *error)
{
    const char *keyword = NULL;

    if (strcmp(next->user, now->user) != 0)
        keyword = "user";
    else if (strcmp(next->group, now->group) != 0)
        keyword = "group";
    else if (strcmp(next->chroot, now->chroot) != 0)
        keyword = "chroot";
    else if (next->seccomp != now->seccomp)
        keyword = "seccomp";
    if (keyword != NULL)
        snprintf(error, CONF_ERROR_SIZE, "%s can't be changed while smpplex runs: start it anew",
                 keyword);
    return keyword == NULL;
}

bool
conf_follow(struct conf *next, const struct conf *now, char error[static CONF_ERROR_SIZE])
{
    size_t i;

    if (strcmp(next->log_target, now->log_target) != 0)
        return refuse(error, "log", now->log_target, "can't be changed");
    if (!follow_privileges(next, now, error))
        return false;
    if (!follow_admin(next->admin, now->admin, error))
        return false;
    if (next->workers != now->workers || next->cpu_affinity != now->cpu_affinity) {
        snprintf(error, CONF_ERROR_SIZE, "%s can't be changed while smpplex runs: start it anew",
                 next->workers != now->workers ? "workers" : "cpu-affinity");
        return false;
    }
    if (!order_farms(next, now, error) || !order_listeners(next, now, error))
        return false;
    for (i = 0; i < now->farm_count; i++)
        if (!check_tags(&next->farms[i], &now->farms[i], error))
            return false;
    for (i = 0; i < now->farm_count; i++)
        if (!order_nodes(&next->farms[i], &now->farms[i])) {
            snprintf(error, CONF_ERROR_SIZE, "memory is short");
            return false;
        }
    return true;
}
