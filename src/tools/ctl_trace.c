/* SPDX-License-Identifier: ISC */
/* `trace`: the PDUs of an account as they pass, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl_stream.h"
#include "tools/ctl_table.h"

struct trace {
    const struct ctl *ctl;
    long left;              /* PDUs; -1: without end */
    enum ctl_exit end;
};

/* A value with something in it that would make the line ambiguous is in quotation marks. */
static void
put_value(FILE *out, const char *name, const char *value)
{
    bool plain = value[0] != '\0' && strpbrk(value, " \"=") == NULL;

    fprintf(out, " %s=%s", name, plain ? "" : "\"");
    for (; *value != '\0'; value++) {
        if (*value == '"')
            putc('\\', out);
        putc(*value, out);
    }
    fputs(plain ? "" : "\"", out);
}

static void
put_fields(FILE *out, const json_t *fields)
{
    const char *name, *value;
    const json_t *field;
    size_t i;

    json_array_foreach(fields, i, field) {
        name = json_string_value(json_array_get(field, 0));
        value = json_string_value(json_array_get(field, 1));
        if (name != NULL && value != NULL)
            put_value(out, name, value);
    }
}

/* "c12@192.0.2.7:40112", or the link where no session is known. */
static void
put_client(FILE *out, const json_t *line)
{
    char text[160];

    if (json_is_integer(json_object_get(line, "session")))
        snprintf(text, sizeof(text), "c%.0f@%s", ctl_number(line, "session"),
                 ctl_text(line, "peer"));
    else
        snprintf(text, sizeof(text), "%s", ctl_text(line, "link"));
    fprintf(out, "%-25s", text[0] != '\0' ? text : "-");
}

static void
put_node(FILE *out, const json_t *line)
{
    const char *node = ctl_text(line, "node");
    char text[160];

    snprintf(text, sizeof(text), "%s/%s", ctl_text(line, "farm"), node);
    fprintf(out, " %-14s", node[0] != '\0' ? text : "-");
}

static void
put_number(FILE *out, const json_t *line, const char *name)
{
    const json_t *number = json_object_get(line, name);

    if (json_is_integer(number))
        fprintf(out, " %10lld", (long long)json_integer_value(number));
    else
        fprintf(out, " %10s", "-");
}

/* "2026-11-23T06:14:05.123456Z" as local time of the day. */
static void
put_moment(FILE *out, const char *moment)
{
    const char *point = strchr(moment, '.');
    char text[CTL_SHORT_SIZE];
    const char *blank = strchr(ctl_local(moment, text), ' ');

    fprintf(out, "%s%.7s ", blank != NULL ? blank + 1 : "-", point != NULL ? point : "");
}

static void
put_way(FILE *out, const char *way)
{
    char text[16];
    char *at;

    snprintf(text, sizeof(text), "%s", way);
    while ((at = strchr(text, '_')) != NULL)
        *at = ' ';
    fprintf(out, " %-11s", text);
}

static enum ctl_tint
tint_of(const json_t *line)
{
    const char *status = ctl_text(line, "status"), *command = ctl_text(line, "command");

    if (strcmp(ctl_text(line, "kind"), "note") == 0)
        return TINT_WARN;
    if (status[0] != '\0' && strcmp(status, "ESME_ROK") != 0)
        return TINT_BAD;
    return strstr(command, "enquire_link") != NULL ? TINT_DIM : TINT_NONE;
}

static void
put_line(FILE *out, const json_t *line)
{
    const char *command = ctl_text(line, "command"), *why = ctl_text(line, "why");
    const char *status = ctl_text(line, "status");

    put_moment(out, ctl_text(line, "at"));
    put_client(out, line);
    put_way(out, ctl_text(line, "way"));
    put_node(out, line);
    fprintf(out, " %-21s", command[0] != '\0' ? command : "-");
    put_number(out, line, "client_number");
    put_number(out, line, "node_number");
    fprintf(out, " %s", status[0] != '\0' ? status : "-");
    if (why[0] != '\0')
        put_value(out, "why", why);
    put_fields(out, json_object_get(line, "fields"));
}

static void
show(const struct ctl *ctl, const json_t *line)
{
    const char *tint = ctl_tint(tint_of(line), ctl->color);
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return;
    put_line(out, line);
    fclose(out);
    if (text != NULL)
        printf("%s%s%s\n", tint, ctl_clean(text), tint[0] != '\0' ? "\033[0m" : "");
    free(text);
}

static void
begin(const struct ctl *ctl, const json_t *line)
{
    if (!ctl->json)
        printf("%s%-15s %-25s %-11s %-14s %-21s %10s %10s STATUS, FIELDS%s\n",
               ctl_tint(TINT_BOLD, ctl->color), "TIME", "CLIENT", "WAY", "NODE", "COMMAND",
               "CLIENT-NO", "NODE-NO", ctl->color ? "\033[0m" : "");
    if (ctl_number(line, "sessions") == 0)
        fprintf(stderr, "smpplexctl: nothing is bound as %s now: waiting for it\n", ctl->args[0]);
}

static bool
on_line(struct ctl_stream *stream, const char *text, const json_t *line)
{
    struct trace *trace = stream->owner;
    const struct ctl *ctl = trace->ctl;
    const char *kind = ctl_text(line, "kind");

    if (ctl->json)
        printf("%s\n", text);
    if (strcmp(kind, "begin") == 0) {
        begin(ctl, line);
    } else if (strcmp(kind, "end") == 0) {
        trace->end = ctl_complain(CTL_FAILED, "the trace has ended: %s", ctl_text(line, "why"));
        return false;
    } else if (strcmp(kind, "lost") == 0 && !ctl->json) {
        printf("%.0f records are missing here: there was no room for them\n",
               ctl_number(line, "records"));
    } else if (!ctl->json) {
        show(ctl, line);
    }
    if (strcmp(kind, "pdu") == 0 && trace->left > 0)
        trace->left--;
    return trace->left != 0;
}

static void
add(char *path, size_t size, const char *name, const char *value)
{
    size_t n = strlen(path);

    if (value == NULL)
        return;
    n += (size_t)snprintf(path + n, size - n, "%s=", name);
    ctl_encode(path + n, size - n, value);
}

enum ctl_exit
ctl_trace(struct ctl *ctl)
{
    struct trace trace = {.ctl = ctl, .left = ctl->count, .end = CTL_DONE};
    struct ctl_stream stream = {.on_line = on_line, .owner = &trace, .until_ms = INT64_MAX};
    char path[2048] = "/api/v1/trace";
    enum ctl_exit end;

    if (ctl->count == 0 || ctl->seconds == 0)
        return ctl_complain(CTL_USAGE, "--count and --seconds are 1 at least");
    if (strlen(ctl->args[0]) > 63 || (ctl->node != NULL && strlen(ctl->node) > 63) ||
        (ctl->farm != NULL && strlen(ctl->farm) > 63))
        return ctl_complain(CTL_USAGE, "a name has at most 63 characters");
    add(path, sizeof(path), "?account", ctl->args[0]);
    add(path, sizeof(path), "&farm", ctl->farm);
    add(path, sizeof(path), "&node", ctl->node);
    strcat(path, ctl->text ? "&text=true" : "");
    strcat(path, ctl->enquire ? "&enquire=true" : "");
    if (ctl->seconds > 0)
        stream.until_ms = ctl_now_ms() + ctl->seconds * 1000;
    end = ctl_stream(ctl, path, &stream);
    return end != CTL_DONE ? end : trace.end;
}
