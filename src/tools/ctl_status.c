/* SPDX-License-Identifier: ISC */
/* What an operator wants first, once (`status`) or live (`top`); and `events`. */
#include "tools/ctl_status.h"

#include <string.h>
#include <unistd.h>

#include "tools/ctl_http.h"
#include "tools/ctl_show.h"
#include "tools/ctl_table.h"

#define EVENTS_MS 1000      /* between two looks of `events -f` */

static void
show_program(const json_t *status, FILE *out)
{
    const json_t *conf = json_object_get(status, "configuration");
    char up[CTL_SHORT_SIZE], taken[CTL_SHORT_SIZE];
    const char *file = ctl_text(conf, "file");

    fprintf(out, "smpplex %s, pid %.0f, up %s; sessions %.0f, accounts %.0f; "
            "configuration %s, taken %s ago\n",
            ctl_text(status, "version"), ctl_number(status, "pid"),
            ctl_lasting(ctl_number(status, "uptime_seconds"), up),
            ctl_number_in(status, "sessions", "bound"), ctl_number(status, "accounts"),
            file[0] != '\0' ? file : "of the command line",
            ctl_ago(ctl_text(conf, "loaded"), taken));
}

enum ctl_exit
ctl_overview(const struct ctl *ctl, FILE *out)
{
    struct ctl_answer status, farms = {0}, nodes = {0};
    enum ctl_exit end;

    end = ctl_get(ctl, "/api/v1/status", &status);
    if (end == CTL_DONE && !ctl->json)
        end = ctl_get(ctl, "/api/v1/farms", &farms);
    if (end == CTL_DONE && !ctl->json)
        end = ctl_get(ctl, "/api/v1/nodes", &nodes);
    if (end == CTL_DONE && !ctl->json) {
        ctl_show_verdict(status.json, farms.json, nodes.json, out, ctl->color);
        show_program(status.json, out);
        putc('\n', out);
        ctl_show_farms(farms.json, out, ctl->color);
        putc('\n', out);
        ctl_show_nodes(nodes.json, out, ctl->color);
    }
    if (end == CTL_DONE && !ctl_is(status.json, "ready"))
        end = CTL_NOT_READY;
    ctl_answer_fini(&status);
    ctl_answer_fini(&farms);
    ctl_answer_fini(&nodes);
    return end;
}

enum ctl_exit
ctl_status(struct ctl *ctl)
{
    return ctl_overview(ctl, stdout);
}

/* Events. */

static enum ctl_tint
tint_of(const char *to)
{
    if (strcmp(to, "down") == 0 || strcmp(to, "refused") == 0)
        return TINT_BAD;
    if (strcmp(to, "up") == 0 || strcmp(to, "ready") == 0)
        return TINT_GOOD;
    return strcmp(to, "started") == 0 || strcmp(to, "taken") == 0 ? TINT_NONE : TINT_WARN;
}

static void
show_event(const json_t *event, bool color)
{
    const char *from = ctl_text(event, "from"), *to = ctl_text(event, "to");
    const char *on = ctl_tint(tint_of(to), color), *why = ctl_text(event, "why");
    char line[1024], local[CTL_SHORT_SIZE];

    snprintf(line, sizeof(line), "%s%s", why[0] != '\0' ? ": " : "", why);
    printf("%s  %s  %s%s%s%s%s%s\n", ctl_local(ctl_text(event, "at"), local),
           ctl_text(event, "who"), from, from[0] != '\0' ? " -> " : "", on, to,
           on[0] != '\0' ? "\033[0m" : "", ctl_clean(line));
}

/* Those behind *last, which becomes the last one. */
static enum ctl_exit
show_events(const struct ctl *ctl, double *last)
{
    struct ctl_answer answer;
    const json_t *event;
    enum ctl_exit end;
    char path[64];
    size_t i;

    snprintf(path, sizeof(path), "/api/v1/events?after=%.0f", *last);
    ctl_ask(ctl, "GET", path, NULL, &answer);
    end = ctl_judge(ctl, &answer);
    json_array_foreach(json_object_get(answer.json, "events"), i, event) {
        if (ctl->json)
            json_dumpf(event, stdout, JSON_COMPACT);
        if (ctl->json)
            putchar('\n');
        else
            show_event(event, ctl->color);
    }
    if (end == CTL_DONE)
        *last = ctl_number(answer.json, "last");
    ctl_answer_fini(&answer);
    return end;
}

/* With --json and -f each event is a line; without -f the answer is as it is. */
enum ctl_exit
ctl_events(struct ctl *ctl)
{
    struct ctl_answer answer;
    enum ctl_exit end;
    double last = 0;

    if (ctl->json && !ctl->follow) {
        end = ctl_get(ctl, "/api/v1/events", &answer);
        ctl_answer_fini(&answer);
        return end;
    }
    do {
        end = show_events(ctl, &last);
        if (fflush(stdout) != 0)
            return ctl_complain(CTL_FAILED, "cannot write");
        if (ctl->follow && end == CTL_DONE)
            usleep(EVENTS_MS * 1000);
    } while (ctl->follow && end == CTL_DONE);
    return end;
}
