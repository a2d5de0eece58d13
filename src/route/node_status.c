/* SPDX-License-Identifier: ISC */
#include "route/node_status.h"

static const char *const admin_names[] = {
#define ADMIN(symbol, name, help) name,
#include "route/node_admin.def"
#undef ADMIN
};

static const char *const signal_words[] = {
#define NODE_SIGNAL(symbol, words) words,
#include "route/node_signal.def"
#undef NODE_SIGNAL
};

const char *
node_signal_words(enum node_signal signal)
{
    return signal_words[signal];
}

const char *
node_admin_name(enum node_admin admin)
{
    return admin_names[admin];
}

struct node_status
node_status_initial(const struct conf_node *node)
{
    bool usable = !node->gone && node->addr.len > 0;

    return (struct node_status){.addr = node->addr, .weight = node->weight,
                                .ramp = NODE_RAMP_FULL, .serves = usable, .connects = usable};
}

struct balance_share
node_status_share(const struct conf_farm *farm, size_t node, const struct node_status *status)
{
    struct balance_share share = {.weight = 0, .rank = 0};
    uint32_t count = (uint32_t)farm->node_count;

    if (status->serves)
        share.weight = status->weight * status->ramp;
    if (farm->balance == CONF_STANDBY)
        share.rank = (uint32_t)node;
    if (farm->nodes[node].backup)
        share.rank += count;
    if (status->stands_down)
        share.rank += 2 * count;
    return share;
}
