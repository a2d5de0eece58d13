/* SPDX-License-Identifier: ISC */
#include "tools/sim_stats.h"

#include <jansson.h>

#include "smpp/status.h"
#include "tools/sim_session.h"

static const char *const counter_names[SIM_COUNTERS] = {
#define SIM_COUNTER(symbol, name) name,
#include "tools/sim_counter.def"
#undef SIM_COUNTER
};

/* jansson frees a value that it can't place; what is missing then shows. */
static void
put_number(json_t *object, const char *name, uint64_t number)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)number));
}

static json_t *
sessions(const struct sim_node *node)
{
    json_t *object = json_object();
    unsigned bound = node->bound[0] + node->bound[1] + node->bound[2];

    put_number(object, "open", node->session_count - bound);
    put_number(object, "transmitter", node->bound[0]);
    put_number(object, "receiver", node->bound[1]);
    put_number(object, "transceiver", node->bound[2]);
    return object;
}

static json_t *
refusals(const struct sim_node *node)
{
    json_t *object = json_object();
    char spare[STATUS_TEXT_SIZE];
    size_t i;

    for (i = 0; i < SIM_REFUSALS && node->refusals[i].count > 0; i++)
        put_number(object, status_name(node->refusals[i].status, spare), node->refusals[i].count);
    return object;
}

/* What is sent and not answered, or waits to be sent. */
static uint64_t
delivers_pending(const struct sim_node *node)
{
    const struct sim_account *account;
    const struct sim_session *session;
    uint64_t n = 0;

    for (account = node->accounts; account != NULL; account = account->hh.next)
        n += account->queue.count;
    for (session = node->sessions; session != NULL; session = session->next)
        n += session->queue.count + session->in_flight;
    return n;
}

static uint64_t
requests_pending(const struct sim_node *node)
{
    const struct sim_session *session;
    uint64_t n = 0;

    for (session = node->sessions; session != NULL; session = session->next)
        n += session->delayed;
    return n;
}

static json_t *
node_stats(const struct sim_node *node)
{
    json_t *object = json_object();
    size_t i;

    (void)json_object_set_new(object, "sessions", sessions(node));
    for (i = 0; i < SIM_COUNTERS; i++)
        put_number(object, counter_names[i], node->counters[i]);
    (void)json_object_set_new(object, "refused_by_status", refusals(node));
    put_number(object, "requests_pending", requests_pending(node));
    put_number(object, "delivers_pending", delivers_pending(node));
    return object;
}

char *
sim_stats(const struct sim *sim, const struct sim_node *node)
{
    json_t *object;
    char *text;

    if (node != NULL) {
        object = node_stats(node);
    } else {
        object = json_object();
        for (node = sim->nodes; node != NULL; node = node->next)
            (void)json_object_set_new(object, node->options->name, node_stats(node));
    }
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}
