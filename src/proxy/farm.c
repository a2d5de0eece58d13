/* SPDX-License-Identifier: ISC */
/*
 * A farm on one worker: what the master has decided of its nodes is put under the
 * accounts and links here, and what their traffic tells of them goes to the master
 * from here.
 */
#include "proxy/farm.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "proxy/account.h"
#include "proxy/linkset.h"
#include "proxy/stream.h"

#define RETIRE_AGAIN_MS 200     /* what could not end yet is looked at again */
#define TOGETHER_MS 100         /* links that are lost within so long are one failure */
#define SICK_LEAST 20           /* of fewer responses nothing is to be concluded */

static uint64_t
now_ms(const struct farm *farm)
{
    return loop_now_ms(farm->proxy->loop);
}

/* Calls back for each linkset of the farm; any of them may end in it. */
static void
for_each_linkset(struct farm *farm, void (*call)(struct linkset *linkset, size_t node),
                 size_t node)
{
    struct account *account, *next_account;
    struct linkset *linkset, *next;

    HASH_ITER(hh, farm->proxy->accounts, account, next_account)
        if (account->farm == farm)
            DL_FOREACH_SAFE(account->linksets, linkset, next)
                call(linkset, node);
}

static void
retire(struct linkset *linkset, size_t node)
{
    if (!linkset_retire(linkset, node))
        linkset->account->farm->retire_again = true;
}

static void
on_retire(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct farm *farm = timer->data;
    uint64_t due = UINT64_MAX;
    struct farm_node *node;
    size_t i;

    (void)ev;
    (void)revents;
    for (i = 0; i < farm->conf->node_count; i++) {
        node = farm->nodes[i];
        if (node->retire_at_ms <= now_ms(farm)) {
            farm->retire_again = false;
            for_each_linkset(farm, retire, i);
            if (!streams_retire(farm, node))
                farm->retire_again = true;
            node->retire_at_ms = farm->retire_again ? now_ms(farm) + RETIRE_AGAIN_MS : UINT64_MAX;
        }
        if (node->retire_at_ms < due)
            due = node->retire_at_ms;
    }
    if (due != UINT64_MAX)
        loop_timer_start(farm->proxy->loop, &farm->retire, due - now_ms(farm));
}

/* Some links to the node may have to end, now or when it has been gone for long enough. */
static void
look_for_retiring(struct farm_node *node)
{
    node->retire_at_ms = now_ms(node->farm);
    if (node->gone_at_ms > node->retire_at_ms)
        node->retire_at_ms = node->gone_at_ms;
    loop_timer_start(node->farm->proxy->loop, &node->farm->retire, 0);
}

static void
signal_master(struct farm_node *node, enum node_signal signal)
{
    struct proxy *proxy = node->farm->proxy;

    if (proxy->on_node_signal != NULL)
        proxy->on_node_signal(proxy, node->farm->index, node->index, signal);
}

static uint64_t
sick_responses(const struct farm_node *node)
{
    const struct conf_statuses *statuses = &node->farm->conf->sick_on;
    uint64_t sum = 0;
    uint32_t i;

    for (i = 0; i < statuses->count; i++)
        sum += node->counts.statuses[status_row(statuses->status[i])];
    return sum;
}

static void
begin_sick_window(struct farm_node *node)
{
    node->sick_before = sick_responses(node);
    node->responses_before = node_counts_responses(&node->counts);
}

static void
on_sick(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct farm *farm = timer->data;
    struct farm_node *node;
    uint64_t sick, all;
    size_t i;

    (void)ev;
    (void)revents;
    for (i = 0; i < farm->conf->node_count; i++) {
        node = farm->nodes[i];
        sick = sick_responses(node) - node->sick_before;
        all = node_counts_responses(&node->counts) - node->responses_before;
        if (all >= SICK_LEAST && sick * 100 >= all * farm->conf->sick_share)
            signal_master(node, NODE_SICK);
        begin_sick_window(node);
    }
    loop_timer_start(farm->proxy->loop, &farm->sick, farm->conf->sick_window_ms);
}

static void
watch_for_sickness(struct farm *farm)
{
    size_t i;

    loop_timer_stop(farm->proxy->loop, &farm->sick);
    if (farm->conf->sick_on.count == 0)
        return;
    for (i = 0; i < farm->conf->node_count; i++)
        begin_sick_window(farm->nodes[i]);
    loop_timer_start(farm->proxy->loop, &farm->sick, farm->conf->sick_window_ms);
}

bool
farm_reserve(struct farm *farm, const struct conf_farm *next)
{
    size_t n = next->node_count;
    struct balance_share *shares;
    struct farm_node **nodes;
    struct account *account;

    if (next->mode == CONF_MODE_TCP && !balance_reserve(&farm->connections, next))
        return false;
    if (n <= farm->room)
        return true;
    nodes = realloc(farm->nodes, n * sizeof(struct farm_node *));
    if (nodes == NULL)
        return false;
    farm->nodes = nodes;
    shares = realloc(farm->shares, n * sizeof(*shares));
    if (shares == NULL)
        return false;
    farm->shares = shares;
    farm->connections.shares = shares;
    for (account = farm->proxy->accounts; account != NULL; account = account->hh.next)
        if (account->farm == farm)
            account->balance.shares = shares;
    for (; farm->room < n; farm->room++) {
        nodes[farm->room] = calloc(1, sizeof(struct farm_node));
        if (nodes[farm->room] == NULL)
            return false;
        nodes[farm->room]->farm = farm;
        nodes[farm->room]->index = farm->room;
        nodes[farm->room]->retire_at_ms = UINT64_MAX;
        nodes[farm->room]->status = node_status_initial(&next->nodes[farm->room]);
        shares[farm->room] = (struct balance_share){0};
    }
    return true;
}

/* A node always has a link there: its share alone says whether it takes connections. */
static void
share_out_connections(struct farm *farm)
{
    size_t i;

    if (farm->conf->mode != CONF_MODE_TCP)
        return;
    for (i = 0; i < farm->conf->node_count; i++)
        farm->connections.links[i] = 1;
    farm->connections.farm = farm->conf;
    balance_put_shares(&farm->connections, farm->shares);
}

/* The shares of all nodes anew. */
static void
share_out(struct farm *farm)
{
    struct balance_share share;
    struct account *account;
    bool changed = false;
    size_t i;

    for (i = 0; i < farm->conf->node_count; i++) {
        share = node_status_share(farm->conf, i, &farm->nodes[i]->status);
        changed = changed || share.weight != farm->shares[i].weight ||
                  share.rank != farm->shares[i].rank;
        farm->shares[i] = share;
    }
    for (account = farm->proxy->accounts; changed && account != NULL; account = account->hh.next)
        if (account->farm == farm)
            balance_put_shares(&account->balance, farm->shares);
    if (changed || farm->connections.farm != farm->conf)
        share_out_connections(farm);
}

static bool
farm_open(struct proxy *proxy, const struct conf_farm *conf, size_t index)
{
    struct farm *farm = calloc(1, sizeof(*farm));

    if (farm == NULL)
        return false;
    LL_APPEND(proxy->farms, farm);
    farm->proxy = proxy;
    farm->conf = conf;
    farm->index = index;
    set_table_init(&farm->sets, conf->concat_max, conf->concat_ttl_ms, conf->concat_linger_ms);
    learn_init(&farm->learn, conf->learn_max);
    trail_init(&farm->trail, conf->concat_ttl_ms);
    ev_init(&farm->retire, on_retire);
    farm->retire.data = farm;
    ev_init(&farm->sick, on_sick);
    farm->sick.data = farm;
    farm->connections = (struct balance){.farm = conf, .start = proxy->worker};
    if (!farm_reserve(farm, conf))
        return false;
    share_out(farm);
    watch_for_sickness(farm);
    return true;
}

bool
farm_open_all(struct proxy *proxy, const struct conf *conf)
{
    size_t i;

    proxy->conf = conf;
    for (i = 0; i < conf->farm_count; i++)
        if (!farm_open(proxy, &conf->farms[i], i))
            return false;
    return true;
}

void
farm_free_all(struct proxy *proxy)
{
    struct farm *farm;
    size_t i;

    while ((farm = proxy->farms) != NULL) {
        LL_DELETE(proxy->farms, farm);
        loop_timer_stop(proxy->loop, &farm->retire);
        loop_timer_stop(proxy->loop, &farm->sick);
        set_table_fini(&farm->sets);
        learn_fini(&farm->learn);
        trail_fini(&farm->trail);
        balance_fini(&farm->connections);
        for (i = 0; i < farm->room; i++)
            free(farm->nodes[i]);
        free(farm->nodes);
        free(farm->shares);
        free(farm);
    }
}

struct farm *
farm_get(struct proxy *proxy, const struct conf_farm *conf)
{
    struct farm *farm = proxy->farms;

    while (farm->conf != conf)
        farm = farm->next;
    return farm;
}

struct farm *
farm_at(struct proxy *proxy, size_t index)
{
    struct farm *farm = proxy->farms;

    while (farm->index != index)
        farm = farm->next;
    return farm;
}

/* Parts of long messages still follow those that a node has begun. */
static uint64_t
gone_after_ms(const struct conf_farm *conf)
{
    return conf->mode == CONF_MODE_SMPP ? conf->concat_ttl_ms : 0;
}

void
farm_follow(struct farm *farm, const struct conf_farm *next)
{
    const struct conf_farm *was = farm->conf;
    struct farm_node *node;
    bool is_new;
    size_t i;

    farm->conf = next;
    farm->sets.ttl_ms = farm->trail.ttl_ms = next->concat_ttl_ms;
    farm->sets.linger_ms = next->concat_linger_ms;
    for (i = 0; i < next->node_count; i++) {
        node = farm->nodes[i];
        is_new = i >= was->node_count || was->nodes[i].gone;
        if (next->nodes[i].gone && node->gone_at_ms == 0) {
            node->status.serves = node->status.connects = false;
            node->gone_at_ms = now_ms(farm) + gone_after_ms(next);
            look_for_retiring(node);
        } else if (!next->nodes[i].gone && is_new) {
            node->gone_at_ms = 0;
            node->status = node_status_initial(&next->nodes[i]);
        }
    }
    share_out(farm);
    streams_on_status(farm);
    watch_for_sickness(farm);
}

bool
farm_node_retires(const struct farm_node *node, uint32_t moves)
{
    bool is_over = node->gone_at_ms != 0 && node->gone_at_ms <= now_ms(node->farm);

    return is_over || node->status.retires || moves != node->moves;
}

void
farm_put_status(struct farm *farm, size_t index, const struct node_status *status)
{
    struct farm_node *node;
    bool moves, comes, goes;

    if (index >= farm->conf->node_count || farm->conf->nodes[index].gone)
        return;     /* it was meant for a configuration that is over */
    node = farm->nodes[index];
    moves = !addr_equal(&node->status.addr, &status->addr);
    comes = status->connects && (moves || !node->status.connects);
    goes = status->closes && !node->status.closes;
    node->moves += moves;
    if (comes)
        node->failures = 0;
    node->status = *status;
    if (moves || status->retires)
        look_for_retiring(node);
    share_out(farm);
    if (goes)
        for_each_linkset(farm, linkset_drop, index);
    else if (comes)
        for_each_linkset(farm, linkset_wake, index);
    for_each_linkset(farm, linkset_on_share, index);
    streams_on_status(farm);
}

void
farm_link_bound(struct farm_node *node)
{
    if (node->counts.bound++ == 0)
        signal_master(node, NODE_BOUND);
}

void
farm_link_unbound(struct farm_node *node)
{
    ensure(node->counts.bound > 0);
    if (--node->counts.bound == 0)
        signal_master(node, NODE_UNBOUND);
}

/* A node that throws out one client's many sessions has failed once. */
static bool
is_lost_with_others(struct farm_node *node)
{
    uint64_t before = node->link_lost_at_ms;

    node->link_lost_at_ms = now_ms(node->farm);
    return before != 0 && node->link_lost_at_ms - before < TOGETHER_MS;
}

static void
count_failure(struct farm_node *node)
{
    uint64_t successes = node_counts_responses(&node->counts) + node->enquiries;
    uint32_t limit = node->farm->conf->error_limit;

    if (successes != node->successes)
        node->failures = 0;
    node->successes = successes;
    node->failures++;
    if (limit > 0 && node->failures % limit == 0)
        signal_master(node, NODE_FAILING);
}

void
farm_link_failed(struct farm_node *node, bool was_bound)
{
    if (!was_bound || !is_lost_with_others(node))
        count_failure(node);
    if (was_bound && node->counts.bound == 1)
        signal_master(node, NODE_LOST);
}

void
farm_stream_failed(struct farm_node *node)
{
    farm_link_failed(node, false);
    if (node->failures == 1)
        signal_master(node, NODE_UNREACHED);
}
