/* SPDX-License-Identifier: ISC */
/* Commands that show one list: nodes, farms, listeners, and, in parts, accounts, sessions and
 * bans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl_http.h"
#include "tools/ctl_show.h"
#include "tools/ctl_table.h"

#define PART 500        /* rows that smpplex gives at once */

enum ctl_exit
ctl_nodes(struct ctl *ctl)
{
    char path[512] = "/api/v1/nodes";
    struct ctl_answer answer;
    enum ctl_exit end;

    if (ctl->farm != NULL) {
        strcat(path, "?farm=");
        ctl_encode(path + strlen(path), sizeof(path) - strlen(path), ctl->farm);
    }
    end = ctl_get(ctl, path, &answer);
    if (end == CTL_DONE && !ctl->json)
        ctl_show_nodes(answer.json, stdout, ctl->color);
    ctl_answer_fini(&answer);
    return end;
}

enum ctl_exit
ctl_farms(struct ctl *ctl)
{
    struct ctl_answer answer;
    enum ctl_exit end = ctl_get(ctl, "/api/v1/farms", &answer);

    if (end == CTL_DONE && !ctl->json)
        ctl_show_farms(answer.json, stdout, ctl->color);
    ctl_answer_fini(&answer);
    return end;
}

static void
show_listeners(const json_t *answer, bool color)
{
    static const char *const heads[] = {"LISTENER", "ADDRESS", "FARM", "TLS", ">WINDOW",
                                        ">MAX-PDU", NULL};
    const json_t *row;
    struct ctl_table table;
    size_t i;

    ctl_table_init(&table, heads);
    json_array_foreach(json_object_get(answer, "listeners"), i, row) {
        ctl_table_add(&table, TINT_NONE, "%s", ctl_text(row, "name"));
        ctl_table_add(&table, TINT_NONE, "%s", ctl_text(row, "address"));
        ctl_table_add(&table, TINT_NONE, "%s", ctl_text(row, "farm"));
        ctl_table_add(&table, TINT_NONE, "%s", ctl_is(row, "tls") ? "yes" : "no");
        ctl_table_add(&table, TINT_NONE, "%.0f", ctl_number(row, "window"));
        ctl_table_add(&table, TINT_NONE, "%.0f", ctl_number(row, "max_pdu"));
    }
    ctl_table_end(&table, stdout, color);
}

static const char *
pattern(const json_t *route, const char *name)
{
    const char *text = ctl_text(route, name);

    return text[0] != '\0' ? text : "-";
}

static void
add_routes(struct ctl_table *table, const json_t *listener)
{
    const json_t *routes = json_object_get(listener, "routes"), *route;
    size_t i;

    json_array_foreach(routes, i, route) {
        ctl_table_add(table, TINT_NONE, "%s", ctl_text(listener, "name"));
        ctl_table_add(table, TINT_NONE, "%zu", i + 1);
        ctl_table_add(table, TINT_NONE, "%s", pattern(route, "system_id"));
        ctl_table_add(table, TINT_NONE, "%s", pattern(route, "source"));
        ctl_table_add(table, TINT_NONE, "%s", pattern(route, "destination"));
        ctl_table_add(table, TINT_NONE, "%s", ctl_text(route, "farm"));
        ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(route, "messages"));
    }
}

static void
show_routes(const json_t *answer, bool color)
{
    static const char *const heads[] = {"LISTENER", ">ROUTE", "SYSTEM-ID", "SOURCE", "DESTINATION",
                                        "FARM", ">MESSAGES", NULL};
    const json_t *row;
    struct ctl_table table;
    bool any = false;
    size_t i;

    ctl_table_init(&table, heads);
    json_array_foreach(json_object_get(answer, "listeners"), i, row) {
        any = any || json_array_size(json_object_get(row, "routes")) > 0;
        add_routes(&table, row);
    }
    if (!any)
        return;
    fputs("\n", stdout);
    ctl_table_end(&table, stdout, color);
}

enum ctl_exit
ctl_listeners(struct ctl *ctl)
{
    struct ctl_answer answer;
    enum ctl_exit end = ctl_get(ctl, "/api/v1/listeners", &answer);

    if (end == CTL_DONE && !ctl->json)
        show_listeners(answer.json, ctl->color);
    if (end == CTL_DONE && !ctl->json)
        show_routes(answer.json, ctl->color);
    ctl_answer_fini(&answer);
    return end;
}

/* Parts. */

static void
put_path(const struct ctl *ctl, const char *list, long offset, long limit, char *out, size_t size)
{
    int n = snprintf(out, size, "/api/v1/%s?limit=%ld&offset=%ld", list, limit, offset);

    if (ctl->account != NULL) {
        n += snprintf(out + n, size - (size_t)n, "&system_id=");
        ctl_encode(out + n, size - (size_t)n, ctl->account);
    }
}

/* Shows a part after the other, as far as is wished for. */
static enum ctl_exit
show_parts(struct ctl *ctl, const char *list, struct ctl_table *table,
           void (*add)(struct ctl_table *table, const json_t *row))
{
    long offset = ctl->offset > 0 ? ctl->offset : 0, left = ctl->limit, limit;
    struct ctl_answer answer;
    const json_t *rows, *row;
    enum ctl_exit end;
    char path[512];
    size_t i, n;

    do {
        limit = left >= 0 && left < PART ? left : PART;
        put_path(ctl, list, offset, limit, path, sizeof(path));
        end = ctl_get(ctl, path, &answer);
        rows = json_object_get(answer.json, list);
        n = end == CTL_DONE ? json_array_size(rows) : 0;
        if (!ctl->json && end == CTL_DONE)
            json_array_foreach(rows, i, row)
                add(table, row);
        ctl_answer_fini(&answer);
        offset += (long)n;
        left -= left > 0 ? (long)n : 0;
    } while (end == CTL_DONE && !ctl->json && n == PART && left != 0);
    if (end == CTL_DONE && !ctl->json)
        ctl_table_end(table, stdout, ctl->color);
    return end;
}

static void
add_account(struct ctl_table *table, const json_t *row)
{
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "system_id"));
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "farm"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "sessions"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "links_bound"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "pending"));
}

enum ctl_exit
ctl_accounts(struct ctl *ctl)
{
    static const char *const heads[] = {"ACCOUNT", "FARM", ">SESSIONS", ">LINKS", ">PENDING",
                                        NULL};
    struct ctl_table table;

    ctl_table_init(&table, heads);
    return show_parts(ctl, "accounts", &table, add_account);
}

static void
add_session(struct ctl_table *table, const json_t *row)
{
    const char *account = ctl_text(row, "system_id"), *bind = ctl_text(row, "bind");
    char text[CTL_SHORT_SIZE];

    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "id"));
    ctl_table_add(table, TINT_NONE, "%s", account[0] != '\0' ? account : "-");
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "peer"));
    ctl_put_names(table, json_object_get(row, "farms"));
    ctl_table_add(table, ctl_is(row, "reading") ? TINT_NONE : TINT_WARN, "%s%s",
                  ctl_text(row, "state"), ctl_is(row, "reading") ? "" : ", held back");
    ctl_table_add(table, TINT_NONE, "%s", bind[0] != '\0' ? bind : "-");
    ctl_table_add(table, TINT_NONE, "%s", ctl_is(row, "tls") ? "yes" : "no");
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "links_bound"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number_in(row, "in", "requests"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "pending"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number_in(row, "out", "deliveries"));
    ctl_table_add(table, TINT_NONE, "%s", ctl_lasting(ctl_number(row, "age_seconds"), text));
    ctl_table_add(table, TINT_NONE, "%s", ctl_lasting(ctl_number(row, "idle_seconds"), text));
}

enum ctl_exit
ctl_sessions(struct ctl *ctl)
{
    static const char *const heads[] = {">ID", "ACCOUNT", "CLIENT", "FARM", "STATE", "BIND", "TLS",
                                        ">NODES", ">REQUESTS", ">PENDING", ">DELIVERED", ">AGE",
                                        ">IDLE", NULL};
    struct ctl_table table;

    ctl_table_init(&table, heads);
    return show_parts(ctl, "sessions", &table, add_session);
}

static void
add_ban(struct ctl_table *table, const json_t *row)
{
    char since[CTL_SHORT_SIZE], until[CTL_SHORT_SIZE];

    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "address"));
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "listener"));
    ctl_table_add(table, TINT_NONE, "%.0f", ctl_number(row, "failures"));
    ctl_table_add(table, TINT_NONE, "%s", ctl_local(ctl_text(row, "since"), since));
    ctl_table_add(table, TINT_NONE, "%s", ctl_local(ctl_text(row, "until"), until));
    ctl_table_add(table, TINT_NONE, "%s", ctl_text(row, "why"));
}

enum ctl_exit
ctl_bans(struct ctl *ctl)
{
    static const char *const heads[] = {"ADDRESS", "LISTENER", ">FAILURES", "SINCE", "UNTIL",
                                        "LAST FAILURE", NULL};
    struct ctl_table table;

    ctl_table_init(&table, heads);
    return show_parts(ctl, "bans", &table, add_ban);
}
