/* SPDX-License-Identifier: ISC */
/*
 * The health of one node and what follows from it. Where the configuration names no
 * check, traffic is the check: as long as links are bound the node is up, and only one
 * without any is asked by a TCP connect, as often as a link would try.
 */
#include "daemon/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define NODE_STATE_SIZE 48
#define AGAIN_MS 1000       /* what memory was short for is tried again */

static void on_result(struct check *check, const struct check_result *result);
static void on_address(struct resolve *resolve, const struct resolve_result *result);

static const struct check_ops check_ops = {.on_result = on_result};

static uint64_t
now_ms(const struct node *node)
{
    return loop_now_ms(node->loop);
}

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

/* No check is configured: traffic is its check. */
static bool
goes_by_traffic(const struct node *node)
{
    size_t count;

    (void)conf_node_checks(node->farm, node->conf, &count);
    return count == 0;
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

static void
wake_in(struct node *node, uint64_t ms)
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
        wake_in(node, AGAIN_MS);
}

static void
log_change(struct node *node, const char *from, const char *to, const char *by, const char *why,
           uint64_t since_ms)
{
    struct node_change change = {.from = from, .to = to, .by = by, .why = why,
                                 .after_ms = now_ms(node) - since_ms};

    log_notice(node_label(node), "%s -> %s by=%s why=\"%s\" after_ms=%llu", from, to, by, why,
               (unsigned long long)change.after_ms);
    node->ops->on_change(node, &change);
}

/*
 * Checks.
 */

static enum check_pace
pace_of(const struct node *node)
{
    switch (node->health.state) {
    case HEALTH_UP:
        return CHECK_PACE_STEADY;
    case HEALTH_GOING_DOWN:
    case HEALTH_COMING_UP:
        return CHECK_PACE_FAST;
    case HEALTH_DOWN:
        break;
    }
    return CHECK_PACE_DOWN;
}

static bool
wants_checks(const struct node *node)
{
    if (node->conf->gone || node->admin == NODE_MAINT || node->addr.len == 0)
        return false;
    return !goes_by_traffic(node) || node->bound == 0 || node->suspected ||
           !health_is_alive(node->health.state);
}

static const struct conf_check *
conf_of(const struct node *node, size_t i)
{
    size_t count;
    const struct conf_check *checks = conf_node_checks(node->farm, node->conf, &count);

    return count > 0 ? &checks[i] : &node->by_default;
}

/* At the start the first probes of the farm are spread; later the first is due at once. */
static void
start_check(struct node *node, size_t i)
{
    const struct conf_check *conf = conf_of(node, i);
    const struct check_options options = {
        .conf = conf, .node = &node->addr, .tls = conf_check_client(conf, node->conf),
        .send_proxy = conf_check_sends_proxy(conf, node->conf),
        .ops = &check_ops, .owner = &node->checks[i],
        .place = node->spread ? node->index : 0,
        .count = node->spread ? node->farm->node_count : 0,
    };

    node->checks[i].check = check_open(node->loop, &options);
    if (node->checks[i].check == NULL)
        wake_in(node, AGAIN_MS);
}

const char *
node_check_name(const struct node_check *check)
{
    const struct node *node = check->node;
    const struct conf_check *conf = conf_of(node, (size_t)(check - node->checks));

    return conf == &node->by_default ? "links" : conf_check_type_name(conf->type);
}

/* Starts and ends checks, and sets how fast they go. */
static void
update_checks(struct node *node)
{
    bool wanted = wants_checks(node);
    struct node_check *its;
    size_t i;

    for (i = 0; i < node->health.check_count; i++) {
        its = &node->checks[i];
        if (its->check != NULL && !wanted) {
            check_close(its->check);
            its->check = NULL;
        } else if (its->check == NULL && wanted) {
            start_check(node, i);
        }
        if (its->check != NULL)
            check_set_pace(its->check, pace_of(node));
    }
}

static void
hurry(struct node *node)
{
    size_t i;

    for (i = 0; i < node->health.check_count; i++)
        if (node->checks[i].check != NULL)
            check_hurry(node->checks[i].check);
}

/*
 * Changes of state.
 */

static void
step_ramp_in(struct node *node, uint64_t ms)
{
    node->ramp_at_ms = now_ms(node) + ms;
    wake_in(node, ms);
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
    uint64_t now = now_ms(node);

    if (node->ramp == NODE_RAMP_FULL)
        return;
    if (now < node->ramp_at_ms) {
        wake_in(node, node->ramp_at_ms - now);
        return;
    }
    if (++node->ramp < NODE_RAMP_FULL)
        step_ramp_in(node, node->farm->slow_start_ms / NODE_RAMP_FULL);
}

/* A node that nobody checks and that is down is asked as a link would try: soon at first,
 * and then with growing pauses. */
static void
begin_pauses(struct node *node)
{
    node->by_default.down_interval_ms = node->farm->reconnect_ms;
}

static void
grow_pauses(struct node *node)
{
    uint32_t longest = node->farm->reconnect_max_ms, pause = node->by_default.down_interval_ms;

    node->by_default.down_interval_ms = pause < longest / 2 ? pause * 2 : longest;
}

/* The health is another one than `was`. */
static void
on_health(struct node *node, enum health_state was, const char *by, const char *why)
{
    bool alive = health_is_alive(node->health.state);
    char to[NODE_STATE_SIZE];

    log_change(node, health_name(was), state_words(node, to), by, why, node->since_ms);
    snprintf(node->why, sizeof(node->why), "%s: %s", by, why);
    node->since_ms = now_ms(node);
    if (alive && !health_is_alive(was)) {
        begin_ramp(node);
        node->ops->on_came(node);
    } else if (!alive && health_is_alive(was)) {
        begin_pauses(node);
        node->ops->on_went(node);
    }
    update_checks(node);
    tell(node);
}

static void
note(struct node_check *its, const struct check_result *result)
{
    its->known = true;
    its->outcome = result->outcome;
    its->duration_us = result->duration_us;
    its->at_ms = now_ms(its->node);
    snprintf(its->detail, sizeof(its->detail), "%s", result->detail);
}

/* "http check: unwanted status status=503", to stand in quotes. */
static void
say_why(char why[static NODE_WHY_SIZE], const struct conf_check *conf,
        const struct check_result *result)
{
    snprintf(why, NODE_WHY_SIZE, "%s check: %s%s%s", conf_check_type_name(conf->type),
             check_outcome_words(result->outcome), result->detail[0] != '\0' ? " " : "",
             result->detail);
    for (; *why != '\0'; why++)
        if (*why == '"')
            *why = '\'';
}

static void
on_result(struct check *check, const struct check_result *result)
{
    struct node_check *its = check_owner(check);
    struct node *node = its->node;
    enum check_verdict verdict = check_verdict(result->outcome);
    enum health_state was = node->health.state;
    char why[NODE_WHY_SIZE];

    note(its, result);
    node->suspected = false;
    log_debug(node_label(node), "probe type=%s outcome=%s detail=\"%s\" duration_us=%llu",
              conf_check_type_name(check_conf(check)->type), check_outcome_name(result->outcome),
              result->detail, (unsigned long long)result->duration_us);
    if (verdict == CHECK_NONE) {
        log_limited(LOG_LEVEL_WARNING, node_label(node), "can't be probed reason=\"%s\"",
                    check_outcome_words(result->outcome));
        return;
    }
    if (verdict == CHECK_SUCCESS && now_ms(node) < node->held_until_ms)
        return;
    say_why(why, check_conf(check), result);
    if (health_on_probe(&node->health, (size_t)(its - node->checks), verdict == CHECK_SUCCESS))
        on_health(node, was, "check", why);
    else
        update_checks(node);
    if (verdict == CHECK_FAILURE)
        grow_pauses(node);
}

/* Traffic has taken it down: a probe that passes at once would not be worth much, and the
 * less the more often that has happened of late. */
static void
hold_down(struct node *node)
{
    uint64_t longest = node->farm->reconnect_max_ms;

    if (now_ms(node) - node->held_ms > 4 * longest || node->hold_ms == 0)
        node->hold_ms = node->farm->reconnect_ms;
    node->held_ms = now_ms(node);
    node->held_until_ms = now_ms(node) + node->hold_ms;
    wake_in(node, node->hold_ms);
    node->hold_ms = node->hold_ms * 2 < longest ? node->hold_ms * 2 : longest;
}

static void
go_on_with_hold(struct node *node)
{
    uint64_t now = now_ms(node);

    if (node->held_until_ms == 0)
        return;
    if (now < node->held_until_ms) {
        wake_in(node, node->held_until_ms - now);
        return;
    }
    node->held_until_ms = 0;
    hurry(node);
}

static void
take_down(struct node *node, enum node_signal signal)
{
    enum health_state was = node->health.state;

    if (!health_is_alive(was))
        return;
    hold_down(node);
    if (health_on_failure(&node->health))
        on_health(node, was, "traffic", node_signal_words(signal));
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
    update_checks(node);
    hurry(node);
}

/* A node that nobody checks is up as soon as a link is bound, also by a mere trial. */
static void
on_bound(struct node *node)
{
    enum health_state was = node->health.state;

    if (goes_by_traffic(node) && now_ms(node) >= node->held_until_ms &&
        health_on_success(&node->health))
        on_health(node, was, "traffic", node_signal_words(NODE_BOUND));
    else
        update_checks(node);
}

static void
on_lost(struct node *node)
{
    if (goes_by_traffic(node) && (node->bound & (node->bound - 1)) == 0)
        node->ops->on_went(node);       /* else other workers have links to it, or checks decide */
    hurry(node);
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
        update_checks(node);
        break;
    case NODE_LOST:
        on_lost(node);
        break;
    case NODE_UNREACHED:
        hurry(node);
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
        node->admin_since_ms = now_ms(node);
        if (admin == NODE_READY)
            node->ops->on_came(node);
        else
            node->ops->on_went(node);
    }
    update_checks(node);
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
    node->stands_since_ms = now_ms(node);
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
    update_checks(node);
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
        wake_in(node, AGAIN_MS);
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
    update_checks(node);
    tell(node);
}

/* In TCP mode, too, one probe that is lost must not cost the connections that there are. */
static void
set_default_check(struct node *node)
{
    const struct conf_farm *farm = node->farm;

    node->by_default = (struct conf_check){
        .type = CONF_CHECK_TCP, .address = "", .password_file = "", .password = "",
        .secret = "", .system_id = "", .system_type = "", .user = "", .path = "", .host = "",
        .expect = "", .refuse = "", .interval_ms = farm->reconnect_max_ms,
        .fast_interval_ms = farm->reconnect_ms, .down_interval_ms = farm->reconnect_ms,
        .timeout_ms = farm->connect_timeout_ms, .rise = 1,
        .fall = farm->mode == CONF_MODE_TCP ? 3 : 1,
    };
}

static bool
take_checks(struct node *node)
{
    const struct conf_check *conf;
    size_t count, i;

    set_default_check(node);
    (void)conf_node_checks(node->farm, node->conf, &count);
    count = count > 0 ? count : 1;
    node->checks = calloc(count, sizeof(*node->checks));
    if (node->checks == NULL || !health_init(&node->health, count))
        return false;
    for (i = 0; i < count; i++) {
        conf = conf_of(node, i);
        node->checks[i].node = node;
        health_set_check(&node->health, i, conf->rise, conf->fall);
    }
    return true;
}

static void
close_checks(struct node_check *checks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        check_close(checks[i].check);
    free(checks);
}

static void
begin(struct node *node)
{
    node->spread = true;
    look_up(node);
    update_checks(node);
    tell(node);
    node->spread = false;
}

bool
node_open(struct node *node)
{
    node->weight = -1;
    node->ramp = NODE_RAMP_FULL;
    node->since_ms = node->admin_since_ms = now_ms(node);
    node->addr = node->conf->addr;
    node->status = node_status_initial(node->conf);
    node->told = true;
    ev_init(&node->timer, on_timer);
    node->timer.data = node;
    if (!take_checks(node))
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
    close_checks(node->checks, node->health.check_count);
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
    node->since_ms = node->admin_since_ms = now_ms(node);
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
    close_checks(node->checks, was.check_count);
    if (!keeps_name(node, farm)) {
        resolve_close(node->resolve);
        node->resolve = NULL;
    }
    node->farm = farm;
    node->conf = &farm->nodes[node->index];
    if (came)
        forget_past(node);
    ok = take_checks(node);
    if (ok && !came)
        health_go_on(&node->health, &was);
    health_fini(&was);
    if (node->conf->host == NULL)
        node->addr = node->conf->addr;
    if (ok)
        begin(node);
    return ok;
}
