/* SPDX-License-Identifier: ISC */
/*
 * Prometheus' conventions: base units (seconds, bytes), _total for what only grows, one
 * HELP and TYPE a family, all of a family together. Names of farms and nodes need no
 * escaping: conf/read.c has seen to it.
 */
#include "admin/metrics.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#define LE_FIRST 7      /* 128 µs */
#define LE_LAST 27      /* 134 s */

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP smpplex_%s %s\n# TYPE smpplex_%s %s\n", name, help, name, type);
}

static void
plain(FILE *out, const char *name, const char *type, const char *help, double value)
{
    family(out, name, type, help);
    fprintf(out, "smpplex_%s %.15g\n", name, value);
}

/* One family with a value of each node. */
static void
per_node(const struct reading *reading, FILE *out, const char *name, const char *type,
         const char *help, uint64_t (*value)(const struct reading *, size_t, size_t))
{
    const struct conf_farm *farm;
    size_t i, k;

    family(out, name, type, help);
    for (i = 0; i < reading->conf->farm_count; i++) {
        farm = &reading->conf->farms[i];
        for (k = 0; k < farm->node_count; k++)
            fprintf(out, "smpplex_%s{farm=\"%s\",node=\"%s\"} %" PRIu64 "\n", name, farm->name,
                    farm->nodes[k].name, value(reading, i, k));
    }
}

static const struct node_counts *
counts_of(const struct reading *reading, size_t farm, size_t node)
{
    return &reading->snapshot->farms[farm].nodes[node];
}

#define NODE_COUNT(symbol, meaning) \
    static uint64_t \
    node_##symbol(const struct reading *reading, size_t farm, size_t node) \
    { \
        return counts_of(reading, farm, node)->symbol; \
    }
#include "route/node_count.def"
#undef NODE_COUNT

static uint64_t
node_pending(const struct reading *reading, size_t farm, size_t node)
{
    return node_counts_pending(counts_of(reading, farm, node));
}

static uint64_t
node_open(const struct reading *reading, size_t farm, size_t node)
{
    return counts_of(reading, farm, node)->links;
}

static uint64_t
node_bound(const struct reading *reading, size_t farm, size_t node)
{
    return counts_of(reading, farm, node)->bound;
}

static uint64_t
node_up(const struct reading *reading, size_t farm, size_t node)
{
    struct admin_view view;

    reading_view(reading, farm, node, &view);
    return view.up;
}

static uint64_t
node_ready(const struct reading *reading, size_t farm, size_t node)
{
    struct admin_view view;

    reading_view(reading, farm, node, &view);
    return strcmp(view.order, "ready") == 0;
}

static uint64_t
node_weight(const struct reading *reading, size_t farm, size_t node)
{
    struct admin_view view;

    reading_view(reading, farm, node, &view);
    return view.weight;
}

static void
write_responses(const struct conf_farm *farm, const struct conf_node *node,
                const struct node_counts *counts, FILE *out)
{
    unsigned row;

    for (row = 0; row <= STATUS_ROWS; row++)
        if (row == STATUS_ROW_ROK || counts->statuses[row] > 0)
            fprintf(out, "smpplex_node_responses_total{farm=\"%s\",node=\"%s\",status=\"%s\"} %"
                    PRIu64 "\n", farm->name, node->name, status_row_name(row),
                    counts->statuses[row]);
}

static void
write_latency(const struct conf_farm *farm, const struct conf_node *node,
              const struct node_counts *counts, FILE *out)
{
    static const char name[] = "smpplex_node_response_seconds";
    uint64_t count = histogram_count(&counts->latency);
    unsigned bits;

    for (bits = LE_FIRST; bits <= LE_LAST; bits++)
        fprintf(out, "%s_bucket{farm=\"%s\",node=\"%s\",le=\"%.9g\"} %" PRIu64 "\n", name,
                farm->name, node->name, (double)(1U << bits) / 1e6,
                histogram_count_to(&counts->latency, bits));
    fprintf(out, "%s_bucket{farm=\"%s\",node=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
            farm->name, node->name, count);
    fprintf(out, "%s_sum{farm=\"%s\",node=\"%s\"} %.15g\n", name, farm->name, node->name,
            (double)counts->latency.sum / 1e6);
    fprintf(out, "%s_count{farm=\"%s\",node=\"%s\"} %" PRIu64 "\n", name, farm->name, node->name,
            count);
}

static void
each_node(const struct reading *reading, FILE *out,
          void (*write)(const struct conf_farm *, const struct conf_node *,
                        const struct node_counts *, FILE *))
{
    const struct conf_farm *farm;
    size_t i, k;

    for (i = 0; i < reading->conf->farm_count; i++) {
        farm = &reading->conf->farms[i];
        for (k = 0; k < farm->node_count; k++)
            write(farm, &farm->nodes[k], counts_of(reading, i, k), out);
    }
}

static void
write_nodes(const struct reading *reading, FILE *out)
{
    per_node(reading, out, "node_up", "gauge", "Whether the node takes messages, by its health.",
             node_up);
    per_node(reading, out, "node_ready", "gauge",
             "Whether operators want the node to take messages.", node_ready);
    per_node(reading, out, "node_weight", "gauge", "The node's weight in force.", node_weight);
    per_node(reading, out, "node_links_open", "gauge",
             "Links to the node that there are, bound or trying.", node_open);
    per_node(reading, out, "node_links_bound", "gauge", "Links to the node that are bound.",
             node_bound);
    per_node(reading, out, "node_pending_requests", "gauge",
             "Requests that the node has not answered yet.", node_pending);
#define NODE_COUNT(symbol, meaning) \
    per_node(reading, out, "node_" #symbol "_total", "counter", "By node: " meaning ".", \
             node_##symbol);
#include "route/node_count.def"
#undef NODE_COUNT
    family(out, "node_responses_total", "counter", "Responses of the node, by status.");
    each_node(reading, out, write_responses);
    family(out, "node_response_seconds", "histogram",
           "Time from a request to the node's response.");
    each_node(reading, out, write_latency);
}

static void
per_farm(const struct reading *reading, FILE *out, const char *name, const char *type,
         const char *help, uint64_t (*value)(const struct reading *, size_t))
{
    size_t i;

    family(out, name, type, help);
    for (i = 0; i < reading->conf->farm_count; i++)
        fprintf(out, "smpplex_%s{farm=\"%s\"} %" PRIu64 "\n", name, reading->conf->farms[i].name,
                value(reading, i));
}

static uint64_t
farm_up(const struct reading *reading, size_t farm)
{
    return reading_up(reading, farm);
}

static uint64_t
farm_sets(const struct reading *reading, size_t farm)
{
    return reading->snapshot->farms[farm].sets;
}

static uint64_t
farm_evicted(const struct reading *reading, size_t farm)
{
    return reading->snapshot->farms[farm].sets_evicted;
}

static void
write_counters(const struct snapshot *snapshot, FILE *out)
{
    char name[80], help[256];
    size_t i;

    for (i = 0; i < snapshot->counter_count; i++) {
        snprintf(name, sizeof(name), "%s_total", snapshot->counter_info[i].name);
        snprintf(help, sizeof(help), "In all: %s.", snapshot->counter_info[i].meaning);
        plain(out, name, "counter", help, (double)snapshot->counters[i]);
    }
}

/* The earliest of each kind: its certificate's, and its revocation lists'. */
static void
write_expiries(const struct tls_expiry *list, const char *kind, const char *farm,
               const char *name, FILE *out)
{
    static const char *const whats[] = {"certificate", "crl"};
    const struct tls_expiry *one, *first;
    size_t i;

    for (i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
        first = NULL;
        for (one = list; one != NULL; one = one->next)
            if (strcmp(one->what, whats[i]) == 0 &&
                (first == NULL || one->not_after < first->not_after))
                first = one;
        if (first != NULL)
            fprintf(out, "smpplex_tls_expiry_time_seconds{kind=\"%s\",farm=\"%s\",name=\"%s\","
                    "what=\"%s\"} %lld\n", kind, farm, name, whats[i],
                    (long long)first->not_after);
    }
}

static void
write_tls(const struct reading *reading, FILE *out)
{
    const struct conf *conf = reading->conf;
    const struct conf_node *node;
    size_t i, k;

    family(out, "tls_expiry_time_seconds", "gauge",
           "When a certificate or a revocation list in use expires, since 1970.");
    for (i = 0; i < conf->listener_count; i++)
        if (conf->listeners[i].tls_server != NULL)
            write_expiries(tls_server_expiries(conf->listeners[i].tls_server), "listener",
                           conf->listeners[i].farm->name, conf->listeners[i].name, out);
    for (i = 0; i < conf->farm_count; i++)
        for (k = 0; k < conf->farms[i].node_count; k++) {
            node = &conf->farms[i].nodes[k];
            if (node->tls_client != NULL && !node->gone)
                write_expiries(tls_client_expiries(node->tls_client), "node",
                               conf->farms[i].name, node->name, out);
        }
    if (conf->admin->tls_server != NULL)
        write_expiries(tls_server_expiries(conf->admin->tls_server), "status", "", "status", out);
}

static void
write_routes(const struct reading *reading, FILE *out)
{
    const struct conf_listener *listener;
    size_t i, k;

    family(out, "route_messages_total", "counter",
           "Messages by a listener's routes, which are numbered from 1 on.");
    for (i = 0; i < reading->conf->listener_count; i++) {
        listener = &reading->conf->listeners[i];
        for (k = 0; k < listener->route_count; k++)
            fprintf(out, "smpplex_route_messages_total{listener=\"%s\",route=\"%zu\","
                    "farm=\"%s\"} %" PRIu64 "\n", listener->name, k + 1,
                    listener->routes[k].farm->name, reading->snapshot->routes[i][k]);
    }
}

static void
write_process(FILE *out)
{
    unsigned long pages = 0;
    struct rusage usage;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file != NULL) {
        if (fscanf(file, "%*u %lu", &pages) == 1)
            fprintf(out, "# HELP process_resident_memory_bytes Resident memory of the process.\n"
                    "# TYPE process_resident_memory_bytes gauge\n"
                    "process_resident_memory_bytes %lu\n",
                    pages * (unsigned long)sysconf(_SC_PAGESIZE));
        fclose(file);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        fprintf(out, "# HELP process_cpu_seconds_total Processor time of the process.\n"
                "# TYPE process_cpu_seconds_total counter\n"
                "process_cpu_seconds_total %.6f\n",
                (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

void
metrics_write(const struct reading *reading, FILE *out)
{
    const struct snapshot *snapshot = reading->snapshot;

    family(out, "build_info", "gauge", "Always 1; the label says which version runs.");
    fprintf(out, "smpplex_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
    plain(out, "start_time_seconds", "gauge", "When it was started, since 1970.",
          (double)reading->info->started_ms / 1000);
    plain(out, "configuration_time_seconds", "gauge",
          "When the configuration in force was taken, since 1970.",
          (double)reading->info->loaded_ms / 1000);
    plain(out, "draining", "gauge", "Whether it was told to end.", reading->info->draining);
    plain(out, "workers", "gauge", "Threads that carry messages.", snapshot->workers);
    plain(out, "sessions", "gauge", "Client connections that are open.", snapshot->sessions);
    plain(out, "sessions_bound", "gauge", "Client connections that are bound.",
          snapshot->sessions_bound);
    plain(out, "streams", "gauge", "Client connections in TCP mode.", snapshot->streams);
    plain(out, "accounts", "gauge", "Accounts with a session.", snapshot->accounts_open);
    plain(out, "linksets", "gauge", "Linksets that there are.", snapshot->linksets);
    plain(out, "banned_addresses", "gauge", "Addresses that are banned after failed binds.",
          (double)reading_bans(reading));
    plain(out, "buffer_bytes", "gauge", "Memory in use for buffers and requests.",
          (double)snapshot->memory);
    per_farm(reading, out, "farm_nodes_up", "gauge", "Nodes of the farm that are up.", farm_up);
    per_farm(reading, out, "farm_sets", "gauge", "Long messages under way.", farm_sets);
    per_farm(reading, out, "farm_sets_evicted_total", "counter",
             "Long messages forgotten because the table was full.", farm_evicted);
    write_nodes(reading, out);
    write_counters(snapshot, out);
    write_routes(reading, out);
    plain(out, "status_connections", "gauge", "Connections to the status endpoint.",
          reading->connections);
    plain(out, "status_requests_total", "counter", "Requests to the status endpoint.",
          (double)reading->requests);
    plain(out, "status_refused_total", "counter",
          "Requests to the status endpoint that were refused.", (double)reading->refused);
    plain(out, "status_traces", "gauge", "Traces that are read.", reading->traces);
    plain(out, "status_tls_failed_total", "counter",
          "Connections to the status endpoint whose TLS handshake came to nothing.",
          (double)reading->tls_failed);
    write_tls(reading, out);
    write_process(out);
}
