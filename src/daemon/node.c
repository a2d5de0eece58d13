/* SPDX-License-Identifier: ISC */
/*
 * What is known of one node, by checks (node_check.c) and by traffic, what an operator wants
 * of it, and what follows from these for the workers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/node_inner.h"

#define NODE_STATE_SIZE 48

static void on_address(struct resolve *resolve, const struct resolve_result *result);

const char *
node_label(const struct node *node)
{
    static char text[80];

    snprintf(text, sizeof(text), "%s/%s", node->farm->name, node->conf->name);
    return text;
}

bool
node_serves(const struct node *node)
{
    return health_is_alive(node->health.state) && node->admin == NODE_READY &&
           node->addr.len > 0 && !node->conf->gone;
}

/* "up", "going down 1/3" */
static const char *
state_words(const struct node *node, char out[static NODE_STATE_SIZE])
{
    uint32_t done, all;

    health_progress(&node->health, &done, &all);
    if (all > 0)
        snprintf(out, NODE_STATE_SIZE, "%s %u/%u", health_name(node->health.state), done, all);
    else
        snprintf(out, NODE_STATE_SIZE, "%s", health_name(node->health.state));
    return out;
}

/*
 * What the workers are told.
 */

static struct node_status
status_of(const struct node *node)
{
    bool alive = health_is_alive(node->health.state);
    bool usable = alive && node->addr.len > 0 && node->admin != NODE_MAINT && !node->conf->gone;

    return (struct node_status){
        .addr = node->addr,
        .weight = node->weight >= 0 ? (uint32_t)node->weight : node->conf->weight,
        .ramp = node->ramp,
        .serves = node_serves(node),
        .connects = usable,
        .closes = !alive && node->farm->on_down == CONF_ON_DOWN_CLOSE,
        .retires = node->admin == NODE_MAINT,
        .stands_down = node->stands_down,
    };
}

static bool
is_same(const struct node_status *a, const struct node_status *b)
{
    return addr_equal(&a->addr, &b->addr) && a->weight == b->weight && a->ramp == b->ramp &&
           a->serves == b->serves && a->connects == b->connects && a->closes == b->closes &&
           a->retires == b->retires && a->stands_down == b->stands_down;
}

void
node_wake_in(struct node *node, uint64_t ms)
{
    if (!ev_is_active(&node->timer) ||
        ev_timer_remaining(node->loop->ev, &node->timer) > (double)ms / 1000)
        loop_timer_start(node->loop, &node->timer, ms);
}

static void
tell(struct node *node)
{
    struct node_status status = status_of(node);

    if (node->told && is_same(&status, &node->status))
        return;
    node->told = node->ops->put_status(node, &status);
    node->status = status;
    if (!node->told)
        node_wake_in(node, NODE_AGAIN_MS);
}

static void
log_change(struct node *node, const char *from, const char *to, const char *by, const char *why,
           uint64_t since_ms)
{
    struct node_change change = {.from = from, .to = to, .by = by, .why = why,
                                 .after_ms = node_now_ms(node) - since_ms};

    log_notice(node_label(node), "%s -> %s by=%s why=\"%s\" after_ms=%llu", from, to, by, why,
               (unsigned long long)change.after_ms);
    node->ops->on_change(node, &change);
}

/*
 * Changes of state.
 */

static void
step_ramp_in(struct node *node, uint64_t ms)
{
    node->ramp_at_ms = node_now_ms(node) + ms;
    node_wake_in(node, ms);
}

static void
begin_ramp(struct node *node)
{
    node->ramp = NODE_RAMP_FULL;
    if (node->farm->slow_start_ms == 0)
        return;
    node->ramp = 1;
    step_ramp_in(node, node->farm->slow_start_ms / NODE_RAMP_FULL);
}

/* The timer may have fired for something else: what is not due yet needs it again. */
static void
go_on_with_ramp(struct node *node)
{
    uint64_t now = node_now_ms(node);

    if (node->ramp == NODE_RAMP_FULL)
        return;
    if (now < node->ramp_at_ms) {
        node_wake_in(node, node->ramp_at_ms - now);
        return;
    }
    if (++node->ramp < NODE_RAMP_FULL)
        step_ramp_in(node, node->farm->slow_start_ms / NODE_RAMP_FULL);
}

void
node_on_health(struct node *node, enum health_state was, const char *by, const char *why)
{
    bool alive = health_is_alive(node->health.state);
    char to[NODE_STATE_SIZE];

    log_change(node, health_name(was), state_words(node, to), by, why, node->since_ms);
    snprintf(node->why, sizeof(node->why), "%s: %s", by, why);
    node->since_ms = node_now_ms(node);
    if (alive && !health_is_alive(was)) {
        begin_ramp(node);
        node->ops->on_came(node);
    } else if (!alive && health_is_alive(was)) {
        node_begin_pauses(node);
        node->ops->on_went(node);
    }
    node_update_checks(node);
    tell(node);
}

/* Traffic has taken it down: a probe that passes at once would not be worth much, and the
 * less the more often that has happened of late. */
static void
hold_down(struct node *node)
{
    uint64_t longest = node->farm->reconnect_max_ms;

    if (node_now_ms(node) - node->held_ms > 4 * longest || node->hold_ms == 0)
        node->hold_ms = node->farm->reconnect_ms;
    node->held_ms = node_now_ms(node);
    node->held_until_ms = node_now_ms(node) + node->hold_ms;
    node_wake_in(node, node->hold_ms);
    node->hold_ms = node->hold_ms * 2 < longest ? node->hold_ms * 2 : longest;
}

static void
go_on_with_hold(struct node *node)
{
    uint64_t now = node_now_ms(node);

    if (node->held_until_ms == 0)
        return;
    if (now < node->held_until_ms) {
        node_wake_in(node, node->held_until_ms - now);
        return;
    }
    node->held_until_ms = 0;
    node_hurry(node);
}

static void
take_down(struct node *node, enum node_signal signal)
{
    enum health_state was = node->health.state;

    if (!health_is_alive(was))
        return;
    hold_down(node);
    if (health_on_failure(&node->health))
        node_on_health(node, was, "traffic", node_signal_words(signal));
}

/* Links fail while others of the node are bound: it may be those sessions' own affair, so a
 * probe decides. */
static void
on_failing(struct node *node)
{
    if (node->bound == 0) {
        take_down(node, NODE_FAILING);
        return;
    }
    node->suspected = true;
    node_update_checks(node);
    node_hurry(node);
}

/* A node that nobody checks is up as soon as a link is bound, also by a mere trial. */
static void
on_bound(struct node *node)
{
    enum health_state was = node->health.state;

    if (node_goes_by_traffic(node) && node_now_ms(node) >= node->held_until_ms &&
        health_on_success(&node->health))
        node_on_health(node, was, "traffic", node_signal_words(NODE_BOUND));
    else
        node_update_checks(node);
}

static void
on_lost(struct node *node)
{
    if (node_goes_by_traffic(node) && (node->bound & (node->bound - 1)) == 0)
        node->ops->on_went(node);       /* else other workers have links to it, or checks decide */
    node_hurry(node);
}

void
node_on_signal(struct node *node, uint32_t worker, enum node_signal signal)
{
    uint64_t its = 1ULL << worker;

    if (signal == NODE_UNBOUND)
        node->bound &= ~its;
    if (node->conf->gone)
        return;
    switch (signal) {
    case NODE_BOUND:
        node->bound |= its;
        on_bound(node);
        break;
    case NODE_UNBOUND:
        node_update_checks(node);
        break;
    case NODE_LOST:
        on_lost(node);
        break;
    case NODE_UNREACHED:
        node_hurry(node);
        break;
    case NODE_FAILING:
        on_failing(node);
        break;
    case NODE_SICK:
        take_down(node, NODE_SICK);
        break;
    }
}

void
node_set_admin(struct node *node, enum node_admin admin, const char *who)
{
    enum node_admin was = node->admin;

    if (admin == NODE_READY)
        node_set_stands_down(node, false, who);
    if (admin != was) {
        node->admin = admin;
        log_change(node, node_admin_name(was), node_admin_name(admin), "operator", who,
                   node->admin_since_ms);
        node->admin_since_ms = node_now_ms(node);
        if (admin == NODE_READY)
            node->ops->on_came(node);
        else
            node->ops->on_went(node);
    }
    node_update_checks(node);
    tell(node);
}

void
node_set_weight(struct node *node, int32_t weight, const char *who)
{
    uint32_t was = status_of(node).weight;

    node->weight = weight;
    log_notice(node_label(node), "weight %u -> %u by=operator why=\"%s\"", was,
               status_of(node).weight, who);
    tell(node);
}

void
node_set_stands_down(struct node *node, bool stands_down, const char *why)
{
    const char *from = stands_down ? "in turn" : "standing by";

    if (node->stands_down == stands_down)
        return;
    node->stands_down = stands_down;
    log_change(node, from, stands_down ? "standing by" : "in turn", "farm", why,
               node->stands_since_ms);
    node->stands_since_ms = node_now_ms(node);
    tell(node);
}

/*
 * Its name.
 */

static void
on_address(struct resolve *resolve, const struct resolve_result *result)
{
    struct node *node = resolve_owner(resolve);
    char was[ADDR_TEXT_SIZE], is[ADDR_TEXT_SIZE];
    size_t i;

    if (result->error != NULL)
        log_limited(LOG_LEVEL_WARNING, node_label(node), "its name can't be looked up host=%s "
                    "error=\"%s\" address=%s", resolve_host(resolve), result->error,
                    addr_format(&node->addr, was));
    if (result->addr == NULL || addr_equal(result->addr, &node->addr))
        return;
    addr_format(&node->addr, was);
    log_notice(node_label(node), "address %s -> %s by=name why=\"%s\"", was,
               addr_format(result->addr, is), resolve_host(resolve));
    node->addr = *result->addr;
    for (i = 0; i < node->health.check_count; i++)
        if (node->checks[i].check != NULL)
            check_put_address(node->checks[i].check, &node->addr);
    node_update_checks(node);
    tell(node);
}

static void
look_up(struct node *node)
{
    if (node->conf->host == NULL || node->conf->gone || node->resolve != NULL)
        return;
    if (node->resolver != NULL)
        node->resolve = resolve_open(node->resolver, node->conf->host, node->conf->port,
                                     node->farm->resolve_ms, on_address, node);
    if (node->resolve == NULL)
        node_wake_in(node, NODE_AGAIN_MS);
}

/*
 * Birth, change and end.
 */

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct node *node = timer->data;

    (void)ev;
    (void)revents;
    go_on_with_ramp(node);
    go_on_with_hold(node);
    look_up(node);
    node_update_checks(node);
    tell(node);
}

static void
begin(struct node *node)
{
    node->spread = true;
    look_up(node);
    node_update_checks(node);
    tell(node);
    node->spread = false;
}

bool
node_open(struct node *node)
{
    node->weight = -1;
    node->ramp = NODE_RAMP_FULL;
    node->since_ms = node->admin_since_ms = node_now_ms(node);
    node->addr = node->conf->addr;
    node->status = node_status_initial(node->conf);
    node->told = true;
    ev_init(&node->timer, on_timer);
    node->timer.data = node;
    if (!node_take_checks(node))
        return false;
    begin(node);
    return true;
}

void
node_close(struct node *node)
{
    loop_timer_stop(node->loop, &node->timer);
    resolve_close(node->resolve);
    node->resolve = NULL;
    node_close_checks(node->checks, node->health.check_count);
    health_fini(&node->health);
}

/* It is back in the file, as if it were new. */
static void
forget_past(struct node *node)
{
    node->admin = NODE_READY;
    node->weight = -1;
    node->stands_down = false;
    node->ramp = NODE_RAMP_FULL;
    node->held_until_ms = 0;
    node->why[0] = '\0';
    node->since_ms = node->admin_since_ms = node_now_ms(node);
    node->status = node_status_initial(node->conf);
}

static bool
keeps_name(const struct node *node, const struct conf_farm *farm)
{
    const struct conf_node *next = &farm->nodes[node->index];

    return conf_node_is_at(node->conf, next) && !next->gone &&
           node->farm->resolve_ms == farm->resolve_ms;
}

bool
node_follow(struct node *node, const struct conf_farm *farm)
{
    bool came = node->conf->gone && !farm->nodes[node->index].gone;
    struct health was = node->health;
    bool ok;

    node->health = (struct health){.checks = NULL};
    node_close_checks(node->checks, was.check_count);
    if (!keeps_name(node, farm)) {
        resolve_close(node->resolve);
        node->resolve = NULL;
    }
    node->farm = farm;
    node->conf = &farm->nodes[node->index];
    if (came)
        forget_past(node);
    ok = node_take_checks(node);
    if (ok && !came)
        health_go_on(&node->health, &was);
    health_fini(&was);
    if (node->conf->host == NULL)
        node->addr = node->conf->addr;
    if (ok)
        begin(node);
    return ok;
}
