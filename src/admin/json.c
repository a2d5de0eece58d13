/* SPDX-License-Identifier: ISC */
/* The program itself, its listeners and its events. */
#include "admin/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "config.h"

json_t *
json_text(const char *text)
{
    json_t *value = json_string(text);
    char shown[1024];

    return value != NULL ? value : json_string(escape(shown, sizeof(shown), text, strlen(text)));
}

json_t *
json_moment(uint64_t wall_ms)
{
    char text[ADMIN_TIME_SIZE];

    return wall_ms == 0 ? json_null() : json_string(admin_time(wall_ms, text));
}

json_t *
json_count(uint64_t count)
{
    return json_integer((json_int_t)count);
}

json_t *
json_ms(uint64_t us)
{
    return json_real((double)us / 1000);
}

static json_t *
counters(const struct snapshot *snapshot)
{
    json_t *object = json_object();
    size_t i;

    for (i = 0; i < snapshot->counter_count; i++)
        json_object_set_new(object, snapshot->counter_info[i].name,
                            json_count(snapshot->counters[i]));
    return object;
}

static json_t *
configuration(const struct reading *reading)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    json_t *value = NULL;

    if (out == NULL)
        return NULL;
    conf_print(reading->conf, out);
    if (fclose(out) == 0)
        value = json_pack("{s:o, s:o, s:o}",
                          "file", reading->info->path != NULL ? json_text(reading->info->path)
                                                              : json_null(),
                          "loaded", json_moment(reading->info->loaded_ms),
                          "text", json_text(text));
    free(text);
    return value;
}

/* What ends some day of a server's TLS; nothing where none is spoken. */
static json_t *
expiries_of(const struct tls_server *server)
{
    const struct tls_expiry *one = server != NULL ? tls_server_expiries(server) : NULL;
    json_t *list = json_array();

    for (; one != NULL; one = one->next)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}", "what", one->what,
            "file", json_text(one->file), "subject", json_text(one->subject),
            "expires", json_moment((uint64_t)one->not_after * 1000)));
    return list;
}

static json_t *
endpoint(const struct reading *reading)
{
    const struct tls_server *server = reading->conf->admin->tls_server;

    return json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:o}",
        "connections", (json_int_t)reading->connections,
        "requests", (json_int_t)reading->requests, "refused", (json_int_t)reading->refused,
        "traces", (json_int_t)reading->traces, "tls", server != NULL,
        "tls_failed", (json_int_t)reading->tls_failed,
        "expiries", expiries_of(server));
}

json_t *
json_status(const struct reading *reading)
{
    const struct snapshot *snapshot = reading->snapshot;

    return json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:b, s:b, s:I, s:{s:I, s:I}, s:I, s:I, s:I,"
                     " s:I, s:I, s:o, s:o, s:o}",
        "name", "smpplex", "version", PACKAGE_VERSION, "pid", (int)getpid(),
        "now", json_moment(reading->wall_ms), "started", json_moment(reading->info->started_ms),
        "uptime_seconds", json_real((double)reading->uptime_ms / 1000),
        "ready", !reading->info->draining && reading_lacking(reading) == NULL,
        "draining", (int)reading->info->draining, "workers", (json_int_t)snapshot->workers,
        "sessions", "open", (json_int_t)snapshot->sessions,
        "bound", (json_int_t)snapshot->sessions_bound,
        "streams", (json_int_t)snapshot->streams,
        "accounts", (json_int_t)snapshot->accounts_open,
        "linksets", (json_int_t)snapshot->linksets,
        "bans", (json_int_t)reading_bans(reading),
        "buffer_bytes", (json_int_t)snapshot->memory, "counters", counters(snapshot),
        "endpoint", endpoint(reading),
        "configuration", configuration(reading));
}

/* A pattern, or null where the route doesn't look at that. */
static json_t *
pattern(const char *text)
{
    return text[0] != '\0' ? json_text(text) : json_null();
}

static json_t *
routes_of(const struct reading *reading, size_t listener)
{
    const struct conf_listener *conf = &reading->conf->listeners[listener];
    const struct conf_route *route;
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < conf->route_count; i++) {
        route = &conf->routes[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:s, s:o}",
            "system_id", pattern(route->system_id), "source", pattern(route->source.text),
            "destination", pattern(route->destination.text), "farm", route->farm->name,
            "messages", json_count(reading->snapshot->routes[listener][i])));
    }
    return list;
}

json_t *
json_listeners(const struct reading *reading)
{
    const struct conf_listener *listener;
    json_t *list = json_array();
    char text[ADDR_TEXT_SIZE];
    size_t i;

    for (i = 0; i < reading->conf->listener_count; i++) {
        listener = &reading->conf->listeners[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:o, s:b, s:o, s:I, s:I, s:I}",
            "name", listener->name,
            "address", json_text(addr_format(&reading->info->listeners[i], text)),
            "farm", listener->farm->name, "routes", routes_of(reading, i),
            "tls", listener->tls_server != NULL, "expiries", expiries_of(listener->tls_server),
            "window", (json_int_t)listener->window,
            "max_pdu", (json_int_t)listener->max_pdu, "hold_bytes", (json_int_t)listener->hold));
    }
    return json_pack("{s:o}", "listeners", list);
}

json_t *
json_events(const struct reading *reading, uint64_t after)
{
    const struct event *event;
    json_t *list = json_array();

    while ((event = events_after(reading->events, after)) != NULL) {
        json_array_append_new(list, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
            "id", (json_int_t)event->id, "at", json_moment(event->at_ms),
            "kind", json_text(event->kind), "who", json_text(event->who),
            "from", json_text(event->from), "to", json_text(event->to),
            "why", json_text(event->why)));
        after = event->id;
    }
    return json_pack("{s:I, s:o}", "last", (json_int_t)reading->events->last, "events", list);
}

json_t *
json_error(unsigned status, const char *text)
{
    return json_pack("{s:{s:i, s:o}}", "error", "status", (int)status, "text", json_text(text));
}
