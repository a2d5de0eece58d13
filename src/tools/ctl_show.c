/* SPDX-License-Identifier: ISC */
/* Nodes and farms: their states in a word, their figures in a line. */
#include "tools/ctl_show.h"

#include <string.h>

#include "tools/ctl_http.h"
#include "tools/ctl_table.h"

struct state {
    const char *word;
    enum ctl_tint tint;
    bool by_order;      /* it is an operator's doing */
};

static struct state
state_of(const json_t *node)
{
    const char *state = ctl_text(node, "state"), *order = ctl_text(node, "order");

    if (ctl_is(node, "gone"))
        return (struct state){"removed", TINT_DIM, false};
    if (strcmp(order, "maint") == 0)
        return (struct state){"maint", TINT_WARN, true};
    if (strcmp(state, "down") == 0)
        return (struct state){"DOWN", TINT_BAD, false};
    if (strcmp(state, "going-down") == 0 || strcmp(state, "coming-up") == 0)
        return (struct state){state, TINT_WARN, false};
    if (strcmp(order, "drain") == 0)
        return (struct state){"drained", TINT_WARN, true};
    if (ctl_number_in(node, "links", "open") > 0 && ctl_number_in(node, "links", "bound") < 1)
        return (struct state){"up, no link", TINT_WARN, false};
    return (struct state){"up", TINT_GOOD, false};
}

static const char *
since_of(const json_t *node, const struct state *state)
{
    return ctl_text(node, state->by_order ? "order_since" : "since");
}

static double
farm_rate(const json_t *nodes, const char *farm)
{
    const json_t *node;
    double sum = 0;
    size_t i;

    json_array_foreach(nodes, i, node)
        if (strcmp(ctl_text(node, "farm"), farm) == 0)
            sum += ctl_number_in(node, "per_second", "responses");
    return sum;
}

static void
add_latency(struct ctl_table *table, const json_t *object)
{
    const char *dash = ctl_number_in(object, "latency", "count") > 0 ? NULL : "-";
    char text[CTL_SHORT_SIZE];

    ctl_table_add(table, TINT_NONE, "%s",
                  dash != NULL ? dash : ctl_ms(ctl_number_in(object, "latency", "p50_ms"), text));
    ctl_table_add(table, TINT_NONE, "%s",
                  dash != NULL ? dash : ctl_ms(ctl_number_in(object, "latency", "p99_ms"), text));
}

static void
add_flow(struct ctl_table *table, const json_t *object)
{
    double errors = ctl_number_in(object, "per_second", "errors");
    char text[CTL_SHORT_SIZE];

    ctl_table_add(table, TINT_NONE, "%s",
                  ctl_rate(ctl_number_in(object, "per_second", "responses"), text));
    ctl_table_add(table, errors > 0 ? TINT_BAD : TINT_NONE, "%s", ctl_rate(errors, text));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(object, "pending"));
    add_latency(table, object);
    ctl_table_add(table, TINT_NONE, "%.0f/%.0f", ctl_number_in(object, "links", "bound"),
                  ctl_number_in(object, "links", "open"));
}

/* Checks name themselves: "check: tcp check: …" */
static const char *
why_of(const json_t *node)
{
    const char *why = ctl_text(node, "why");

    return strncmp(why, "check: ", 7) == 0 ? why + 7 : why;
}

/* Where it is not up, why; the check that keeps it so may know more than the change did. */
static void
add_why(struct ctl_table *table, const json_t *node, const struct state *state)
{
    const json_t *check = json_object_get(node, "check");
    bool more = !ctl_is(check, "up") && ctl_text(check, "outcome")[0] != '\0' &&
                strstr(ctl_text(node, "why"), " check:") == NULL;

    if (state->tint == TINT_GOOD || state->by_order)
        ctl_table_add(table, TINT_NONE, "%s", "");
    else
        ctl_table_add(table, TINT_NONE, "%s%s%s%s%s", why_of(node), more ? "; " : "",
                      more ? ctl_text(check, "type") : "", more ? " check: " : "",
                      more ? ctl_text(check, "outcome") : "");
}

static void
add_node(struct ctl_table *table, const json_t *nodes, const json_t *node)
{
    double sum = farm_rate(nodes, ctl_text(node, "farm"));
    struct state state = state_of(node);
    char text[CTL_SHORT_SIZE];

    ctl_table_add(table, TINT_NONE, "%s/%s", ctl_text(node, "farm"), ctl_text(node, "name"));
    ctl_table_add(table, state.tint, "%s%s", state.word, ctl_is(node, "backup") ? " (backup)" : "");
    ctl_table_add(table, TINT_NONE, "%s", ctl_ago(since_of(node, &state), text));
    if (sum > 0)
        ctl_table_add(table, TINT_NONE, "%.0f%%",
                      100 * ctl_number_in(node, "per_second", "responses") / sum);
    else
        ctl_table_add(table, TINT_NONE, "-");
    add_flow(table, node);
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(node, "weight"));
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(node, "address"));
    add_why(table, node, &state);
}

void
ctl_show_nodes(const json_t *answer, FILE *out, bool color)
{
    static const char *const heads[] = {"NODE", "STATE", ">SINCE", ">SHARE", ">MSG/S", ">ERR/S",
                                        ">PENDING", ">P50", ">P99", ">LINKS", ">WEIGHT",
                                        "ADDRESS", "WHY", NULL};
    const json_t *nodes = json_object_get(answer, "nodes"), *node;
    struct ctl_table table;
    size_t i;

    ctl_table_init(&table, heads);
    json_array_foreach(nodes, i, node)
        add_node(&table, nodes, node);
    ctl_table_end(&table, out, color);
}

void
ctl_put_names(struct ctl_table *table, const json_t *names)
{
    char text[256] = "";
    const json_t *one;
    size_t i, n = 0;

    json_array_foreach(names, i, one)
        if (n < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? "," : "",
                                  json_string_value(one));
    ctl_table_add(table, TINT_NONE, "%s", text);
}

void
ctl_show_farms(const json_t *answer, FILE *out, bool color)
{
    static const char *const heads[] = {"FARM", "UP", ">MSG/S", ">ERR/S", ">PENDING", ">P50",
                                        ">P99", ">LINKS", ">SETS", "BALANCE", "LISTENERS", NULL};
    const json_t *farm;
    struct ctl_table table;
    double up, all;
    size_t i;

    ctl_table_init(&table, heads);
    json_array_foreach(json_object_get(answer, "farms"), i, farm) {
        up = ctl_number(farm, "nodes_up");
        all = ctl_number(farm, "nodes");
        ctl_table_add(&table, TINT_NONE, "%s", ctl_text(farm, "name"));
        ctl_table_add(&table, up < 1 ? TINT_BAD : up < all ? TINT_WARN : TINT_GOOD,
                      "%.0f of %.0f", up, all);
        add_flow(&table, farm);
        ctl_table_add(&table, TINT_NONE, "%.0f", ctl_number_in(farm, "sets", "open"));
        ctl_table_add(&table, TINT_NONE, "%s", ctl_text(farm, "balance"));
        ctl_put_names(&table, json_object_get(farm, "listeners"));
    }
    ctl_table_end(&table, out, color);
}

static void
say(FILE *out, enum ctl_tint tint, bool color, const char *text)
{
    const char *on = ctl_tint(tint, color);

    fprintf(out, "%s%s%s\n", on, text, on[0] != '\0' ? "\033[0m" : "");
}

/* Nodes of one tint; returns how many. */
static size_t
tell_nodes(const json_t *nodes, enum ctl_tint tint, FILE *out, bool color)
{
    char line[512], ago[CTL_SHORT_SIZE], local[CTL_SHORT_SIZE];
    struct state state;
    const json_t *node;
    size_t i, n = 0;

    json_array_foreach(nodes, i, node) {
        state = state_of(node);
        if (state.tint != tint)
            continue;
        n++;
        snprintf(line, sizeof(line), "%s/%s %s since %s (%s)%s%s", ctl_text(node, "farm"),
                 ctl_text(node, "name"), state.word, ctl_local(since_of(node, &state), local),
                 ctl_ago(since_of(node, &state), ago), state.by_order ? "" : ": ",
                 state.by_order ? "" : why_of(node));
        say(out, tint, color, ctl_clean(line));
    }
    return n;
}

void
ctl_show_verdict(const json_t *status, const json_t *farms, const json_t *nodes, FILE *out,
                 bool color)
{
    const json_t *farm;
    char line[160];
    size_t i, n = 0;

    if (ctl_is(status, "draining")) {
        n++;
        say(out, TINT_BAD, color, "smpplex was told to end");
    }
    json_array_foreach(json_object_get(farms, "farms"), i, farm)
        if (!ctl_is(farm, "up")) {
            n++;
            snprintf(line, sizeof(line), "farm %s: NO NODE IS UP", ctl_text(farm, "name"));
            say(out, TINT_BAD, color, line);
        }
    nodes = json_object_get(nodes, "nodes");
    n += tell_nodes(nodes, TINT_BAD, out, color) + tell_nodes(nodes, TINT_WARN, out, color);
    if (n == 0)
        say(out, TINT_GOOD, color, "all nodes are up");
}
