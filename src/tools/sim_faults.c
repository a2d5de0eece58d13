/* SPDX-License-Identifier: ISC */
/* The commands that break a node, mend it, or make it send something: each a row of a table. */
#include "tools/sim_faults.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "smpp/status.h"
#include "tools/sim_mo.h"
#include "tools/sim_session.h"
#include "tools/sim_transport.h"

#define JUNK_SIZE 64
#define MO_MAX 10000000

static void
for_each(struct sim_node *node, void (*act)(struct sim_session *session))
{
    struct sim_session *session = node->sessions, *next;

    for (; session != NULL; session = next) {
        next = session->next;
        act(session);
    }
}

static const char *
hang(struct sim_node *node, char *arg)
{
    (void)arg;
    node->faults.hang = true;
    return NULL;
}

static const char *
hang_responses(struct sim_node *node, char *arg)
{
    (void)arg;
    node->faults.hang_responses = true;
    return NULL;
}

static const char *
silent_enquire(struct sim_node *node, char *arg)
{
    (void)arg;
    node->faults.silent_enquire = true;
    return NULL;
}

static const char *
stop_reading(struct sim_node *node, char *arg)
{
    (void)arg;
    node->faults.stop_reading = true;
    for_each(node, sim_session_update_reading);
    return NULL;
}

static void
give_turn(struct sim_session *session)
{
    session->octets_left = sim_transport_turn_octets(session->node);
    sim_session_update_reading(session);
}

static void
discard_slow(struct sim_event *event)
{
    (void)event;
}

static void
on_slow(struct sim_event *event)
{
    struct sim_node *node = container_of(event, struct sim_node, slow);

    for_each(node, give_turn);
    node->slow_runs = node->faults.slow_octets > 0 &&
                      sim_events_add(&node->sim->events, event, 1000000 / SIM_TURNS);
}

static const char *
slow_reader(struct sim_node *node, char *arg)
{
    uint64_t octets;

    if (!sim_number_parse(arg, UINT32_MAX, &octets) || octets == 0)
        return "slow-reader takes a number of octets per second";
    node->faults.slow_octets = (uint32_t)octets;
    for_each(node, give_turn);
    node->slow.on_due = on_slow;
    node->slow.discard = discard_slow;
    if (!node->slow_runs)
        node->slow_runs = sim_events_add(&node->sim->events, &node->slow, 1000000 / SIM_TURNS);
    return node->slow_runs ? NULL : "out of memory";
}

static const char *
trickle(struct sim_node *node, char *arg)
{
    (void)arg;
    node->faults.trickle = true;
    return NULL;
}

static const char *
close_all(struct sim_node *node, char *arg)
{
    (void)arg;
    for_each(node, sim_session_close);
    return NULL;
}

static void
reset_one(struct sim_session *session)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    setsockopt(session->conn.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    sim_session_close(session);
}

static const char *
reset(struct sim_node *node, char *arg)
{
    (void)arg;
    for_each(node, reset_one);
    return NULL;
}

/* An enquire_link makes sure that there is a PDU to cut. */
static void
reset_mid_one(struct sim_session *session)
{
    session->reset_mid = true;
    sim_session_enquire(session);
}

static const char *
reset_mid(struct sim_node *node, char *arg)
{
    (void)arg;
    for_each(node, reset_mid_one);
    return NULL;
}

static void
garbage_one(struct sim_session *session)
{
    uint64_t junk[JUNK_SIZE / 8];
    size_t i;

    for (i = 0; i < JUNK_SIZE / 8; i++)
        junk[i] = sim_random(session->node->sim) | 0x80;   /* no length that could be true */
    sim_session_send(session, (const uint8_t *)junk, sizeof(junk));
}

static const char *
garbage(struct sim_node *node, char *arg)
{
    (void)arg;
    for_each(node, garbage_one);
    return NULL;
}

static const char *
unbind(struct sim_node *node, char *arg)
{
    (void)arg;
    for_each(node, sim_session_unbind);
    return NULL;
}

static const char *
refuse(struct sim_node *node, char *arg)
{
    return status_parse(arg, &node->faults.bind_status) ? NULL
                                                        : "refuse takes a status: ESME_RBINDFAIL";
}

static const char *
refuse_port(struct sim_node *node, char *arg)
{
    (void)arg;
    sim_node_hear(node);
    listener_close(&node->listener);
    return NULL;
}

static const char *
listen_again(struct sim_node *node, char *arg)
{
    (void)arg;
    return sim_node_listen(node) ? NULL : strerror(errno);
}

static const char *
deaf(struct sim_node *node, char *arg)
{
    (void)arg;
    return sim_node_deafen(node) ? NULL : "the node doesn't listen";
}

static const char *
http(struct sim_node *node, char *arg)
{
    if (!node->options->has_http)
        return "the node has no http port";
    return sim_http_fault(node, arg) ? NULL
                                     : "http takes plain, chunked, until-end, silent, half, "
                                       "cut, endless, garbage, connectors-down, connectors-up "
                                       "or a status";
}

static const char *
status(struct sim_node *node, char *arg)
{
    char *name = strsep(&arg, " ");
    struct sim_error error;

    if (arg == NULL || !status_parse(name, &error.status) || !sim_share_parse(arg, &error.share))
        return "status takes a status and a percentage: ESME_RTHROTTLED 10%";
    node->faults.error = error;
    return NULL;
}

static const char *
latency(struct sim_node *node, char *arg)
{
    struct sim_latency wanted;

    if (!sim_latency_parse(arg, &wanted))
        return "latency takes a time like 5ms, or exp:20ms";
    node->latency = wanted;
    return NULL;
}

static const char *
heal(struct sim_node *node, char *arg)
{
    sim_node_hear(node);
    node->faults = (struct sim_faults){0};
    node->latency = node->options->latency;
    for_each(node, sim_session_update_reading);
    return listen_again(node, arg);
}

static const char *
mo(struct sim_node *node, char *arg)
{
    char *count = strsep(&arg, " ");
    uint64_t n;

    if (!sim_number_parse(count, MO_MAX, &n))
        return "mo takes a number of messages, and a system_id if you like";
    return sim_mo_send(node, n, arg) ? NULL : "nobody receives there";
}

static const char *
alert(struct sim_node *node, char *arg)
{
    (void)arg;
    return sim_mo_alert(node) > 0 ? NULL : "nobody receives there";
}

static const struct {
    const char *name;
    const char *(*apply)(struct sim_node *node, char *arg);
    bool takes_arg;
} commands[] = {
    {"hang", hang, false},
    {"hang-responses", hang_responses, false},
    {"silent-enquire", silent_enquire, false},
    {"stop-reading", stop_reading, false},
    {"slow-reader", slow_reader, true},
    {"trickle", trickle, false},
    {"close", close_all, false},
    {"reset", reset, false},
    {"reset-mid", reset_mid, false},
    {"garbage", garbage, false},
    {"unbind", unbind, false},
    {"refuse", refuse, true},
    {"refuse-port", refuse_port, false},
    {"listen", listen_again, false},
    {"deaf", deaf, false},
    {"http", http, true},
    {"status", status, true},
    {"latency", latency, true},
    {"heal", heal, false},
    {"mo", mo, true},
    {"alert", alert, false},
};

const char *
sim_faults_apply(struct sim_node *node, const char *command, char *arg)
{
    size_t i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(command, commands[i].name) == 0) {
            if (!commands[i].takes_arg && *arg != '\0')
                return "this command takes no argument";
            return commands[i].apply(node, arg);
        }
    return "no such command; smppsim(1) lists them";
}
