/* SPDX-License-Identifier: ISC */
/* Farms and their nodes: states, counts, rates and latency. */
#include <string.h>

#include "admin/json.h"

static json_t *
rates_of(const struct history_rates *rates)
{
    return json_pack("{s:f, s:f, s:f}", "requests", rates->requests, "responses",
                     rates->responses, "errors", rates->errors);
}

/* In milliseconds. */
static json_t *
latency_of(const struct histogram *histogram)
{
    uint64_t count = histogram_count(histogram);

    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)count,
                     "mean_ms", json_ms(count > 0 ? histogram->sum / count : 0),
                     "p50_ms", json_ms(histogram_quantile(histogram, 0.5)),
                     "p90_ms", json_ms(histogram_quantile(histogram, 0.9)),
                     "p99_ms", json_ms(histogram_quantile(histogram, 0.99)),
                     "max_ms", json_ms(histogram_quantile(histogram, 1)));
}

static json_t *
statuses_of(const struct node_counts *counts)
{
    json_t *object = json_object();
    unsigned row;

    for (row = 0; row <= STATUS_ROWS; row++)
        if (counts->statuses[row] > 0)
            json_object_set_new(object, status_row_name(row), json_count(counts->statuses[row]));
    return object;
}

static json_t *
counts_of(const struct node_counts *counts)
{
    json_t *object = json_object();

#define NODE_COUNT(symbol, meaning) \
    json_object_set_new(object, #symbol, json_count(counts->symbol));
#include "route/node_count.def"
#undef NODE_COUNT
    json_object_set_new(object, "responses", json_count(node_counts_responses(counts)));
    return object;
}

static json_t *
check_of(const struct admin_check *check)
{
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "type", check->type, "up", (int)check->up,
                     "outcome", json_text(check->outcome), "detail", json_text(check->detail),
                     "at", json_moment(check->at_ms), "took_ms", json_ms(check->took_us));
}

static json_t *
checks_of(const struct reading *reading, size_t farm, size_t node)
{
    json_t *list = json_array();
    struct admin_check check;
    size_t i;

    for (i = 0; reading->ops->check(reading->owner, farm, node, i, &check); i++)
        json_array_append_new(list, check_of(&check));
    return list;
}

static json_t *
node_of(const struct reading *reading, size_t farm, size_t i)
{
    const struct conf_farm *conf = &reading->conf->farms[farm];
    const struct conf_node *node = &conf->nodes[i];
    const struct node_counts *counts = &reading->snapshot->farms[farm].nodes[i];
    const struct history_node *past = history_node(reading->history, farm, i);
    struct history_rates rates = history_rates(reading->history, past);
    struct histogram minute;
    struct admin_view view;

    reading_view(reading, farm, i, &view);
    history_minute(reading->history, past, counts, &minute);
    return json_pack("{s:s, s:s, s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:I,"
                     " s:I, s:b, s:b, s:s, s:{s:I, s:I}, s:I, s:o, s:o, s:o, s:o}",
        "farm", conf->name, "name", node->name, "address", json_text(node->address),
        "state", view.state, "up", (int)view.up, "order", view.order,
        "order_since", json_moment(view.order_since_ms), "why", json_text(view.why),
        "since", json_moment(view.since_ms),
        "check", check_of(&view.check),
        "checks", checks_of(reading, farm, i), "weight", (json_int_t)view.weight,
        "configured_weight", (json_int_t)node->weight, "backup", (int)node->backup,
        "gone", (int)node->gone, "tag", node->tag,
        "links", "open", (json_int_t)counts->links, "bound", (json_int_t)counts->bound,
        "pending", (json_int_t)node_counts_pending(counts), "counts", counts_of(counts),
        "statuses", statuses_of(counts), "per_second", rates_of(&rates),
        "latency", latency_of(&minute));
}

json_t *
json_nodes(const struct reading *reading, const char *farm)
{
    json_t *list = json_array();
    size_t i, k;

    for (i = 0; i < reading->conf->farm_count; i++) {
        if (farm != NULL && strcmp(farm, reading->conf->farms[i].name) != 0)
            continue;
        for (k = 0; k < reading->conf->farms[i].node_count; k++)
            json_array_append_new(list, node_of(reading, i, k));
    }
    return json_pack("{s:o}", "nodes", list);
}

static bool
leads_to(const struct conf_listener *listener, const struct conf_farm *farm)
{
    size_t i;

    for (i = 0; i < listener->route_count; i++)
        if (listener->routes[i].farm == farm)
            return true;
    return listener->farm == farm;
}

static json_t *
listeners_of(const struct reading *reading, const struct conf_farm *farm)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < reading->conf->listener_count; i++)
        if (leads_to(&reading->conf->listeners[i], farm))
            json_array_append_new(list, json_string(reading->conf->listeners[i].name));
    return list;
}

/* All nodes together. */
static void
sum_up(const struct reading *reading, size_t farm, struct node_counts *sum,
       struct history_rates *rates, struct histogram *minute)
{
    const struct snapshot_farm *its = &reading->snapshot->farms[farm];
    const struct history_node *past;
    struct history_rates one;
    struct histogram took;
    size_t i;

    memset(sum, 0, sizeof(*sum));
    memset(rates, 0, sizeof(*rates));
    memset(minute, 0, sizeof(*minute));
    for (i = 0; i < reading->conf->farms[farm].node_count; i++) {
        past = history_node(reading->history, farm, i);
        one = history_rates(reading->history, past);
        history_minute(reading->history, past, &its->nodes[i], &took);
        node_counts_add(sum, &its->nodes[i]);
        histogram_add(minute, &took);
        rates->requests += one.requests;
        rates->responses += one.responses;
        rates->errors += one.errors;
    }
}

static size_t
nodes_there(const struct conf_farm *farm)
{
    size_t i, n = 0;

    for (i = 0; i < farm->node_count; i++)
        n += !farm->nodes[i].gone;
    return n;
}

static json_t *
farm_of(const struct reading *reading, size_t i)
{
    const struct conf_farm *conf = &reading->conf->farms[i];
    const struct snapshot_farm *its = &reading->snapshot->farms[i];
    size_t up = reading_up(reading, i);
    struct history_rates rates;
    struct histogram minute;
    struct node_counts sum;

    sum_up(reading, i, &sum, &rates, &minute);
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:{s:I, s:I}, s:I, s:o, s:o, s:o, s:o,"
                     " s:{s:I, s:I, s:I, s:I}}",
        "name", conf->name, "mode", conf_mode_name(conf->mode),
        "balance", conf_balance_name(conf->balance), "up", up > 0,
        "nodes", (json_int_t)nodes_there(conf), "nodes_up", (json_int_t)up,
        "listeners", listeners_of(reading, conf),
        "links", "open", (json_int_t)sum.links, "bound", (json_int_t)sum.bound,
        "pending", (json_int_t)node_counts_pending(&sum), "counts", counts_of(&sum),
        "statuses", statuses_of(&sum), "per_second", rates_of(&rates),
        "latency", latency_of(&minute),
        "sets", "open", (json_int_t)its->sets, "begun", (json_int_t)its->sets_begun,
        "expired", (json_int_t)its->sets_expired, "evicted", (json_int_t)its->sets_evicted);
}

json_t *
json_farms(const struct reading *reading)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < reading->conf->farm_count; i++)
        json_array_append_new(list, farm_of(reading, i));
    return json_pack("{s:o}", "farms", list);
}

/* Five rows of at most `max` numbers, the oldest first. */
static json_t *
past_of(const struct reading *reading, size_t farm, size_t i, size_t max)
{
    const struct history_node *node = history_node(reading->history, farm, i);
    json_t *requests = json_array(), *responses = json_array(), *errors = json_array();
    json_t *p50 = json_array(), *p99 = json_array();
    const struct history_sample *one;
    size_t length = history_length(reading->history, node), k;

    for (k = length < max ? length : max; k > 0; k--) {
        one = history_sample(reading->history, node, k - 1);
        json_array_append_new(requests, json_count(one->requests));
        json_array_append_new(responses, json_count(one->responses));
        json_array_append_new(errors, json_count(one->errors));
        json_array_append_new(p50, json_ms(one->p50_us));
        json_array_append_new(p99, json_ms(one->p99_us));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
                     "farm", reading->conf->farms[farm].name,
                     "name", reading->conf->farms[farm].nodes[i].name, "requests", requests,
                     "responses", responses, "errors", errors, "p50_ms", p50, "p99_ms", p99);
}

json_t *
json_history(const struct reading *reading, size_t max)
{
    json_t *list = json_array();
    size_t i, k;

    for (i = 0; i < reading->conf->farm_count; i++)
        for (k = 0; k < reading->conf->farms[i].node_count; k++)
            json_array_append_new(list, past_of(reading, i, k, max));
    return json_pack("{s:i, s:I, s:o, s:o}", "interval_seconds", 1,
                     "taken", (json_int_t)reading->history->taken,
                     "until", json_moment(reading->history->last_ms), "nodes", list);
}
