/* SPDX-License-Identifier: ISC */
#include "daemon/trace_line.h"

#include <jansson.h>

#include "admin/admin.h"
#include "admin/json.h"
#include "smpp/describe.h"

static const char *const way_names[] = {
#define TAP_WAY(symbol, name) name,
#include "proxy/tap_way.def"
#undef TAP_WAY
};

/* Where memory is short the line is missing. */
static void
put(const struct trace_line *to, json_t *line)
{
    if (line != NULL && json_dumpf(line, to->out, JSON_COMPACT) == 0)
        putc('\n', to->out);
    json_decref(line);
}

static json_t *
text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_text(text) : json_null();
}

static json_t *
number_or_null(int64_t number)
{
    return number >= 0 ? json_integer(number) : json_null();
}

/* With microseconds. */
static json_t *
moment(const struct trace_line *to, uint64_t at_us)
{
    uint64_t wall_us = at_us + (uint64_t)to->wall_us;
    char text[ADMIN_TIME_SIZE], fine[ADMIN_TIME_SIZE + 8];

    admin_time(wall_us / 1000, text);
    snprintf(fine, sizeof(fine), "%.23s%03uZ", text, (unsigned)(wall_us % 1000));
    return json_string(fine);
}

void
trace_line_begin(const struct trace_line *to, const struct tap_filter *what, uint32_t sessions)
{
    put(to, json_pack("{s:s, s:o, s:o, s:o, s:b, s:b, s:I}", "kind", "begin",
                      "account", json_text(what->account), "farm", text_or_null(what->farm),
                      "node", text_or_null(what->node), "text", (int)to->text,
                      "enquire", (int)what->enquire, "sessions", (json_int_t)sessions));
}

static void
on_field(void *owner, const char *name, const char *value)
{
    json_array_append_new(owner, json_pack("[s, o]", name, json_text(value)));
}

/* What its header and its body say. */
static void
add_pdu(const struct trace_line *to, const struct tap_view *view, json_t *line)
{
    uint32_t command = get_be32(view->bytes + 4), status = get_be32(view->bytes + 8);
    char spare_command[COMMAND_TEXT_SIZE], spare_status[STATUS_TEXT_SIZE];
    bool answers = (command & SMPP_RESPONSE) != 0;
    struct describe how = {.on_field = on_field, .owner = json_array(), .text = to->text};

    if (how.owner == NULL)
        return;
    if (view->record.way != TAP_NOTE)
        describe(&how, view->bytes, view->record.kept);
    json_object_set_new(line, "command", json_string(command_name(command, spare_command)));
    json_object_set_new(line, "status", answers || status != SMPP_ROK
                        ? json_string(status_name(status, spare_status)) : json_null());
    json_object_set_new(line, "length", json_integer(get_be32(view->bytes)));
    json_object_set_new(line, "fields", how.owner);
}

void
trace_line_record(const struct trace_line *to, const struct tap_view *view)
{
    const struct tap_record *record = &view->record;
    json_t *line = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "kind", record->way == TAP_NOTE ? "note" : "pdu", "at", moment(to, record->at_us),
        "way", way_names[record->way],
        "session", record->session != 0 ? json_count(record->session) : json_null(),
        "peer", text_or_null(view->peer), "farm", text_or_null(view->farm),
        "node", text_or_null(view->node), "link", text_or_null(view->link),
        "client_number", number_or_null(record->client_number),
        "node_number", number_or_null(record->node_number), "why", text_or_null(record->why));

    if (line != NULL && record->kept >= PDU_HEADER)
        add_pdu(to, view, line);
    put(to, line);
}

void
trace_line_lost(const struct trace_line *to, uint32_t worker, uint64_t lost)
{
    put(to, json_pack("{s:s, s:I, s:o}", "kind", "lost", "worker", (json_int_t)worker,
                      "records", json_count(lost)));
}

void
trace_line_end(const struct trace_line *to, const char *why, uint64_t records, uint64_t lost)
{
    put(to, json_pack("{s:s, s:s, s:o, s:o}", "kind", "end", "why", why,
                      "records", json_count(records), "lost", json_count(lost)));
}
