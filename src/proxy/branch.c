/* SPDX-License-Identifier: ISC */
/*
 * Which farm a session's messages go to: its listener's routes, as far as they are for its
 * client, and the branches that they lead to. It decides and opens; it sends nothing.
 */
#include "proxy/branch.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/ids.h"
#include "proxy/place.h"
#include "proxy/session_inner.h"
#include "route/rule.h"
#include "smpp/bind.h"

#define SOON_MS 100
#define OPENED_PER_MS 4         /* sessions that come to a farm when the routes change */

/*
 * Making.
 */

/* Its branch on that farm, made if it is new. NULL: out of memory. */
static struct branch *
get_branch(struct session *session, struct farm *farm)
{
    struct branch **others, *branch;
    uint32_t i;

    if (session->home.farm == farm)
        return &session->home;
    for (i = 0; i < session->other_count; i++)
        if (session->others[i]->farm == farm)
            return session->others[i];
    others = realloc(session->others, (session->other_count + 1) * sizeof(*others));
    if (others == NULL)
        return NULL;
    session->others = others;
    branch = calloc(1, sizeof(*branch));
    if (branch == NULL)
        return NULL;
    branch->session = session;
    branch->farm = farm;
    branch->index = (uint16_t)(session->other_count + 1);
    others[session->other_count++] = branch;
    return branch;
}

/* The route that gives such a client its home; NULL: the listener's farm is it. */
static const struct conf_route *
home_route(const struct conf_listener *listener, const char *system_id)
{
    const struct conf_route *route = listener->routes;

    for (; route < listener->routes + listener->route_count; route++)
        if (!conf_route_is_of_messages(route) && rule_fits_client(route, system_id))
            return route;
    return NULL;
}

/* Where a route of conf leads: by its place, for the farm may still have an older one. */
static struct farm *
farm_of(const struct session *session, const struct conf *conf, const struct conf_route *route)
{
    return farm_at(session->proxy, (size_t)(route->farm - conf->farms));
}

static uint64_t *
count_of(const struct session *session, const struct conf_listener *listener,
         const struct conf_route *route)
{
    return &session->proxy->route_counts[listener->index][route - listener->routes];
}

/* The steps in front of the route that leads home. False: out of memory. */
static bool
add_steps(struct session *session, const struct conf *conf, const char *system_id,
          const struct conf_route *home, struct steps *steps)
{
    const struct conf_listener *listener = &conf->listeners[session->listener->index];
    const struct conf_route *route = listener->routes;
    struct step *step;

    for (; route < listener->routes + listener->route_count && route != home; route++) {
        if (!rule_fits_client(route, system_id))
            continue;
        step = &steps->step[steps->count++];
        step->route = route;
        step->count = count_of(session, listener, route);
        step->branch = get_branch(session, farm_of(session, conf, route));
        if (step->branch == NULL)
            return false;
    }
    return true;
}

/* A session that no route is for needs none, unless it is on several farms by now. False: out of
 * memory. */
static bool
make_steps(struct session *session, const struct conf *conf, const char *system_id,
           struct steps **made)
{
    const struct conf_listener *listener = &conf->listeners[session->listener->index];
    const struct conf_route *home = home_route(listener, system_id);
    struct steps *steps;

    *made = NULL;
    if (listener->route_count == 0 && session->other_count == 0)
        return true;
    steps = calloc(1, sizeof(*steps) + listener->route_count * sizeof(struct step));
    if (steps == NULL || !add_steps(session, conf, system_id, home, steps)) {
        free(steps);
        return false;
    }
    if (home != NULL && farm_of(session, conf, home) == session->home.farm)
        steps->home_count = count_of(session, listener, home);
    if (steps->count > 0 || steps->home_count != NULL || session->other_count > 0)
        *made = steps;
    else
        free(steps);
    return true;
}

static void
to_text(struct octets system_id, char text[static PDU_MAX_OPEN])
{
    ensure(system_id.len < PDU_MAX_OPEN);
    memcpy(text, system_id.bytes, system_id.len);
    text[system_id.len] = '\0';
}

bool
branch_begin(struct session *session, struct octets system_id)
{
    const struct conf_listener *listener = session->listener;
    const struct conf_route *home;
    char text[PDU_MAX_OPEN];

    to_text(system_id, text);
    home = home_route(listener, text);
    session->home.farm = farm_get(session->proxy, home != NULL ? home->farm : listener->farm);
    return make_steps(session, session->proxy->conf, text, &session->steps);
}

void
branch_free_all(struct session *session)
{
    uint32_t i;

    for (i = 0; i < session->other_count; i++)
        free(session->others[i]);
    free(session->others);
    free(session->steps);
    free(session->next_steps);
}

/*
 * Opening.
 */

/* False: out of memory. */
static bool
open_branch(struct branch *branch)
{
    const uint8_t *bind = branch->session->home.linkset->bind;
    struct pdu pdu;

    ensure(pdu_frame(bind, get_be32(bind), PDU_MAX_OPEN, &pdu) == FRAME_WHOLE);
    if (session_open_branch(branch, &pdu))
        return true;
    log_limited(LOG_LEVEL_ERROR, session_label(branch->session), "out of memory farm=%s",
                branch->farm->conf->name);
    return false;
}

void
branch_open_all(struct session *session)
{
    struct steps *steps = session->steps;
    size_t i;

    if (session->state != SESSION_BINDING && session->state != SESSION_BOUND)
        return;
    for (i = 0; steps != NULL && i < steps->count; i++)
        if (steps->step[i].branch->linkset == NULL && !open_branch(steps->step[i].branch))
            return;     /* the first message for it tries again */
}

/* The session's timer does it; a message that is in a hurry is earlier. */
void
branch_open_soon(struct session *session)
{
    uint32_t spread = SOON_MS + session->proxy->session_count / OPENED_PER_MS;

    if (session->steps != NULL)
        session_watch_by(session, session_now_ms(session) + arc4random_uniform(spread));
}

/*
 * Choosing.
 */

static struct branch *
by_id(struct session *session, struct octets id)
{
    struct branch *branch;
    uint32_t i;

    if (id.len == 0)
        return &session->home;
    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->linkset != NULL && ids_is_learnt(branch->farm, id))
            return branch;
    }
    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->linkset != NULL && ids_is_marked(branch->farm, id))
            return branch;
    }
    return &session->home;
}

/* For as long as a set may be under way that older routes have placed. */
static void
look_for_first_parts(struct proxy *proxy)
{
    const struct farm *farm;
    uint64_t ttl = 0;

    LL_FOREACH(proxy->farms, farm)
        ttl = farm->conf->concat_ttl_ms > ttl ? farm->conf->concat_ttl_ms : ttl;
    proxy->rerouted_until_ms = loop_now_ms(proxy->loop) + ttl;
}

/* The branch that the first parts of this long message went to before the routes changed. */
static struct branch *
by_first_parts(struct session *session, const struct message *message)
{
    struct branch *branch;
    uint32_t i;

    for (i = 0; i <= session->other_count; i++) {
        branch = session_branch(session, i);
        if (branch->linkset != NULL && place_has_begun(branch->linkset, message))
            return branch;
    }
    return NULL;
}

static struct branch *
by_addresses(struct session *session, struct octets source, const struct octets *destination)
{
    struct steps *steps = session->steps;
    struct step *step = steps->step;

    for (; step < steps->step + steps->count; step++)
        if (rule_fits_message(step->route, source, destination)) {
            ++*step->count;
            return step->branch;
        }
    if (steps->home_count != NULL)
        ++*steps->home_count;
    return &session->home;
}

struct branch *
branch_for(struct session *session, const struct reading *reading)
{
    struct branch *branch = NULL;

    switch (reading->kind) {
    case READING_MESSAGE:
        if (session->proxy->rerouted_until_ms > session_now_ms(session))
            branch = by_first_parts(session, &reading->message);
        if (branch == NULL)
            branch = by_addresses(session, reading->message.source.addr,
                                  &reading->message.destination.addr);
        break;
    case READING_BROADCAST:
        branch = by_addresses(session, reading->message.source.addr, NULL);
        break;
    case READING_ID:
        branch = by_id(session, reading->id);
        break;
    case READING_OTHER:
        branch = &session->home;
        break;
    }
    return branch->linkset != NULL || open_branch(branch) ? branch : NULL;
}

/*
 * Following.
 */

bool
branch_reserve(struct session *session)
{
    struct linkset *linkset = session->home.linkset;
    char text[PDU_MAX_OPEN];
    struct bind bind;
    struct pdu pdu;

    if (session->proxy->next == NULL || linkset == NULL)
        return true;
    ensure(pdu_frame(linkset->bind, get_be32(linkset->bind), PDU_MAX_OPEN, &pdu) == FRAME_WHOLE &&
           bind_parse(&pdu, &bind));
    to_text(bind.system_id, text);
    free(session->next_steps);
    return make_steps(session, session->proxy->next, text, &session->next_steps);
}

void
branch_follow(struct session *session)
{
    free(session->steps);
    session->steps = session->next_steps;
    session->next_steps = NULL;
}

void
branch_stay(struct session *session)
{
    free(session->next_steps);
    session->next_steps = NULL;
}

/*
 * Counts.
 */

bool
branch_counts_init(struct proxy *proxy, const struct conf *conf)
{
    proxy->route_counts = calloc(conf->listener_count, sizeof(*proxy->route_counts));
    return proxy->route_counts != NULL;
}

/* What it has counted so far under `was`. */
static uint64_t
count_before(const struct conf_listener *was, const uint64_t *counts,
             const struct conf_route *route)
{
    size_t i;

    for (i = 0; i < was->route_count; i++)
        if (rule_equal(&was->routes[i], route))
            return counts[i];
    return 0;
}

void
branch_follow_routes(struct proxy *proxy, const struct conf *next, const struct conf *now)
{
    uint64_t counts[CONF_ROUTES_MAX];
    const struct conf_listener *is;
    size_t i, j;

    for (i = 0; i < now->listener_count; i++) {
        is = &next->listeners[i];
        memcpy(counts, proxy->route_counts[i], sizeof(counts));
        for (j = 0; j < is->route_count; j++)
            proxy->route_counts[i][j] = count_before(&now->listeners[i], counts, &is->routes[j]);
    }
    look_for_first_parts(proxy);
}
