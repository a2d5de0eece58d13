/* SPDX-License-Identifier: ISC */
#include "daemon/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static bool
put_status(struct node *node, const struct node_status *status)
{
    struct nodes *nodes = node->owner;

    return nodes->ops->put_status(nodes->owner, node->farm_index, node->index, status);
}

static void
on_change(struct node *node, const struct node_change *change)
{
    struct nodes *nodes = node->owner;

    nodes->ops->on_change(nodes->owner, node, change);
}

static uint32_t
rank_of(const struct node *node)
{
    return node_status_share(node->farm, node->index, &node->status).rank;
}

/* Where all that serve stand by, none needs to. */
static void
stand_up(const struct nodes_farm *farm)
{
    size_t i;

    for (i = 0; i < farm->count; i++)
        if (node_serves(farm->nodes[i]) && !farm->nodes[i]->stands_down)
            return;
    for (i = 0; i < farm->count; i++)
        if (node_serves(farm->nodes[i]))
            node_set_stands_down(farm->nodes[i], false, "no other serves");
}

static void
on_came(struct node *node)
{
    const struct nodes *nodes = node->owner;

    stand_up(&nodes->farms[node->farm_index]);
}

#define NO_RANK UINT32_MAX

/* The least rank of those that serve besides `node`. */
static uint32_t
rank_without(const struct nodes_farm *farm, const struct node *node)
{
    uint32_t rank = NO_RANK;
    size_t i;

    for (i = 0; i < farm->count; i++)
        if (farm->nodes[i] != node && node_serves(farm->nodes[i]) &&
            rank_of(farm->nodes[i]) < rank)
            rank = rank_of(farm->nodes[i]);
    return rank;
}

/* Those of a better rank than what serves now have been replaced: they stand by. */
static void
stand_down(const struct nodes_farm *farm, struct node *node)
{
    uint32_t rank = rank_without(farm, node);
    size_t i;

    for (i = 0; i < farm->count && rank != NO_RANK; i++)
        if ((farm->nodes[i] == node || !node_serves(farm->nodes[i])) &&
            !farm->nodes[i]->conf->gone && rank_of(farm->nodes[i]) < rank)
            node_set_stands_down(farm->nodes[i], true, "others have taken over");
}

static void
on_went(struct node *node)
{
    const struct nodes *nodes = node->owner;
    const struct nodes_farm *farm = &nodes->farms[node->farm_index];

    if (node->farm->fail_back == CONF_FAIL_BACK_STICKY)
        stand_down(farm, node);
    stand_up(farm);
}

static const struct node_ops node_ops = {
    .put_status = put_status,
    .on_change = on_change,
    .on_came = on_came,
    .on_went = on_went,
};

/* Opens the nodes that the farm has more than before. */
static bool
add_nodes(struct nodes *nodes, size_t farm_index)
{
    const struct conf_farm *conf = &nodes->conf->farms[farm_index];
    struct nodes_farm *farm = &nodes->farms[farm_index];
    struct node **all, *node;

    all = realloc(farm->nodes, conf->node_count * sizeof(struct node *));
    if (all == NULL)
        return false;
    farm->nodes = all;
    while (farm->count < conf->node_count) {
        node = calloc(1, sizeof(*node));
        if (node == NULL)
            return false;
        *node = (struct node){.loop = nodes->loop, .resolver = nodes->resolver,
                              .ops = &node_ops, .owner = nodes, .farm_index = farm_index,
                              .index = farm->count, .farm = conf,
                              .conf = &conf->nodes[farm->count]};
        farm->nodes[farm->count++] = node;
        if (!node_open(node))
            return false;
    }
    return true;
}

static void
open_resolver(struct nodes *nodes)
{
    const char *why;

    nodes->resolver = resolver_open(nodes->loop, nodes->conf->resolver, &why);
    if (nodes->resolver == NULL)
        log_error(NULL, "names of nodes can't be looked up error=\"%s\"", why);
}

bool
nodes_open(struct nodes *nodes, struct loop *loop, struct conf *conf, const struct nodes_ops *ops,
           void *owner)
{
    size_t i;

    *nodes = (struct nodes){.loop = loop, .conf = conf_ref(conf), .ops = ops, .owner = owner};
    nodes->farms = calloc(conf->farm_count, sizeof(*nodes->farms));
    if (nodes->farms == NULL)
        return false;
    open_resolver(nodes);
    for (i = 0; i < conf->farm_count; i++)
        if (!add_nodes(nodes, i))
            return false;
    return true;
}

static void
close_farm(struct nodes_farm *farm)
{
    size_t i;

    for (i = 0; i < farm->count; i++) {
        node_close(farm->nodes[i]);
        free(farm->nodes[i]);
    }
    free(farm->nodes);
}

void
nodes_close(struct nodes *nodes)
{
    size_t i;

    if (nodes->conf == NULL)
        return;
    for (i = 0; i < nodes->conf->farm_count && nodes->farms != NULL; i++)
        close_farm(&nodes->farms[i]);
    free(nodes->farms);
    resolver_close(nodes->resolver);
    conf_unref(nodes->conf);
    memset(nodes, 0, sizeof(*nodes));
}

void
nodes_follow(struct nodes *nodes, struct conf *conf)
{
    struct conf *was = nodes->conf;
    bool ok = true;
    size_t i, n;

    nodes->conf = conf_ref(conf);
    for (i = 0; i < conf->farm_count; i++) {
        for (n = 0; n < nodes->farms[i].count; n++)
            ok = node_follow(nodes->farms[i].nodes[n], &conf->farms[i]) && ok;
        ok = add_nodes(nodes, i) && ok;
        stand_up(&nodes->farms[i]);
    }
    if (!ok)
        log_error(NULL, "out of memory: some nodes are not checked");
    conf_unref(was);
}

void
nodes_on_signal(struct nodes *nodes, size_t farm, size_t node, uint32_t worker,
                enum node_signal signal)
{
    if (nodes->farms != NULL && node < nodes->farms[farm].count)
        node_on_signal(nodes->farms[farm].nodes[node], worker, signal);
}
