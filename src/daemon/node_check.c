/* SPDX-License-Identifier: ISC */
/*
 * A node's checks: when they run, how fast, and what their outcomes mean. Where the
 * configuration names none, traffic is the check: as long as links are bound the node is up,
 * and only one without any is asked by a TCP connect, as often as a link would try.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/node_inner.h"

static void on_result(struct check *check, const struct check_result *result);

static const struct check_ops check_ops = {.on_result = on_result};

bool
node_goes_by_traffic(const struct node *node)
{
    size_t count;

    (void)conf_node_checks(node->farm, node->conf, &count);
    return count == 0;
}

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
    return !node_goes_by_traffic(node) || node->bound == 0 || node->suspected ||
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
        node_wake_in(node, NODE_AGAIN_MS);
}

const char *
node_check_name(const struct node_check *check)
{
    const struct node *node = check->node;
    const struct conf_check *conf = conf_of(node, (size_t)(check - node->checks));

    return conf == &node->by_default ? "links" : conf_check_type_name(conf->type);
}

void
node_update_checks(struct node *node)
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

void
node_hurry(struct node *node)
{
    size_t i;

    for (i = 0; i < node->health.check_count; i++)
        if (node->checks[i].check != NULL)
            check_hurry(node->checks[i].check);
}

void
node_begin_pauses(struct node *node)
{
    node->by_default.down_interval_ms = node->farm->reconnect_ms;
}

static void
grow_pauses(struct node *node)
{
    uint32_t longest = node->farm->reconnect_max_ms, pause = node->by_default.down_interval_ms;

    node->by_default.down_interval_ms = pause < longest / 2 ? pause * 2 : longest;
}

static void
note(struct node_check *its, const struct check_result *result)
{
    its->known = true;
    its->outcome = result->outcome;
    its->duration_us = result->duration_us;
    its->at_ms = node_now_ms(its->node);
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
    if (verdict == CHECK_SUCCESS && node_now_ms(node) < node->held_until_ms)
        return;
    say_why(why, check_conf(check), result);
    if (health_on_probe(&node->health, (size_t)(its - node->checks), verdict == CHECK_SUCCESS))
        node_on_health(node, was, "check", why);
    else
        node_update_checks(node);
    if (verdict == CHECK_FAILURE)
        grow_pauses(node);
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

bool
node_take_checks(struct node *node)
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

void
node_close_checks(struct node_check *checks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        check_close(checks[i].check);
    free(checks);
}
