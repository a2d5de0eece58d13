/* SPDX-License-Identifier: ISC */
/* What there may be many of, a part at a time: accounts, sessions and bans. */
#include "admin/json.h"

#include <stdlib.h>

/* The list with its place in the whole. */
static json_t *
part(const struct snapshot *snapshot, const char *name, json_t *list)
{
    return json_pack("{s:I, s:I, s:I, s:o}", "total", (json_int_t)snapshot->total,
                     "offset", (json_int_t)snapshot->offset, "limit", (json_int_t)snapshot->limit,
                     name, list);
}

json_t *
json_accounts(const struct reading *reading)
{
    const struct snapshot *snapshot = reading->snapshot;
    const struct snapshot_account *row;
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < snapshot->count; i++) {
        row = &snapshot->accounts[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:I, s:I, s:I}",
            "farm", reading->conf->farms[row->farm].name, "system_id", json_text(row->system_id),
            "sessions", (json_int_t)row->sessions, "links_bound", (json_int_t)row->links,
            "pending", (json_int_t)row->pending));
    }
    return part(snapshot, "accounts", list);
}

/* Where its messages go; the first is its home. */
static json_t *
farms_of(const struct reading *reading, const struct snapshot_session *row)
{
    json_t *list = json_array();
    uint32_t i;

    for (i = 0; i < row->farm_count; i++)
        json_array_append_new(list,
                              json_string(reading->conf->farms[row->farms[i]].name));
    return list;
}

static json_t *
session_of(const struct reading *reading, const struct snapshot_session *row)
{
    const struct conf_listener *listener = &reading->conf->listeners[row->listener];
    const struct conf_farm *home = listener->farm;
    char peer[ADDR_TEXT_SIZE];

    if (row->farm_count > 0)
        home = &reading->conf->farms[row->farms[0]];
    return json_pack("{s:I, s:I, s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:i, s:f, s:f, s:I, s:b, s:b,"
                     " s:I, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}}",
        "id", (json_int_t)row->id, "worker", (json_int_t)row->worker,
        "system_id", json_text(row->system_id),
        "peer", json_text(addr_format(&row->peer, peer)), "listener", listener->name,
        "farm", home->name, "farms", farms_of(reading, row), "state", row->state,
        "bind", row->bind,
        "interface_version", (int)row->version, "age_seconds", (double)row->age_ms / 1000,
        "idle_seconds", (double)row->idle_ms / 1000, "links_bound", (json_int_t)row->links,
        "tls", (int)row->tls, "reading", (int)row->reads, "pending", (json_int_t)row->pending,
        "in", "requests", (json_int_t)row->requests, "bytes", (json_int_t)row->bytes_in,
        "held_bytes", (json_int_t)row->held_bytes,
        "out", "responses", (json_int_t)row->responses,
        "deliveries", (json_int_t)row->deliveries, "bytes", (json_int_t)row->bytes_out,
        "window", "open", (json_int_t)row->window_open, "limit", (json_int_t)row->window_limit,
        "held_bytes", (json_int_t)row->held_down_bytes);
}

json_t *
json_sessions(const struct reading *reading)
{
    const struct snapshot *snapshot = reading->snapshot;
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < snapshot->count; i++)
        json_array_append_new(list, session_of(reading, &snapshot->rows[i]));
    return part(snapshot, "sessions", list);
}

static json_t *
ban_of(const struct reading *reading, const struct admin_ban *row)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "address", row->net,
        "listener", reading->conf->listeners[row->listener].name,
        "failures", (json_int_t)row->failures, "since", json_moment(row->since_ms),
        "until", json_moment(row->until_ms), "why", json_text(row->why));
}

json_t *
json_bans(const struct reading *reading, size_t offset, size_t limit)
{
    struct admin_ban *rows = calloc(limit > 0 ? limit : 1, sizeof(*rows));
    json_t *list = json_array();
    size_t total, i;

    if (rows == NULL) {
        json_decref(list);
        return NULL;
    }
    total = reading->ops->bans(reading->owner, offset, rows, limit);
    for (i = 0; i < limit && offset + i < total; i++)
        if (rows[i].listener < reading->conf->listener_count)
            json_array_append_new(list, ban_of(reading, &rows[i]));
    free(rows);
    return json_pack("{s:I, s:I, s:I, s:o}", "total", (json_int_t)total, "offset",
                     (json_int_t)offset, "limit", (json_int_t)limit, "bans", list);
}
