/* SPDX-License-Identifier: ISC */
/* Commands that change something. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl_http.h"

#define NAME_SIZE 64
#define WEIGHT_MAX 256

/* POSTs it, and says what came of it. */
static enum ctl_exit
post(const struct ctl *ctl, const char *path, const char *body)
{
    struct ctl_answer answer;
    enum ctl_exit end;

    ctl_ask(ctl, "POST", path, body, &answer);
    end = ctl_judge(ctl, &answer);
    if (end == CTL_DONE && ctl->json)
        fwrite(answer.text, 1, answer.len, stdout);
    else if (end == CTL_DONE)
        printf("%s\n", ctl_text(answer.json, "text"));
    ctl_answer_fini(&answer);
    return end;
}

/* The farm of a node that is named alone. */
static enum ctl_exit
find_farm(const struct ctl *ctl, const char *name, char farm[static NAME_SIZE])
{
    struct ctl_answer answer;
    const json_t *node;
    enum ctl_exit end;
    size_t i, n = 0;

    ctl_ask(ctl, "GET", "/api/v1/nodes", NULL, &answer);
    end = ctl_judge(ctl, &answer);
    json_array_foreach(json_object_get(answer.json, "nodes"), i, node)
        if (!ctl_is(node, "gone") && strcmp(ctl_text(node, "name"), name) == 0 &&
            (ctl->farm == NULL || strcmp(ctl_text(node, "farm"), ctl->farm) == 0) && n++ == 0)
            snprintf(farm, NAME_SIZE, "%s", ctl_text(node, "farm"));
    ctl_answer_fini(&answer);
    if (end != CTL_DONE)
        return end;
    if (n == 0)
        return ctl_complain(CTL_FAILED, "there is no node %s", name);
    if (n > 1)
        return ctl_complain(CTL_FAILED, "%zu farms have a node %s: say FARM/%s", n, name, name);
    return CTL_DONE;
}

/* "FARM/NODE", or "NODE" where it is the only one of that name. */
static enum ctl_exit
order(const struct ctl *ctl, const char *deed, const char *body)
{
    const char *name = ctl->args[0], *slash = strchr(name, '/');
    char path[256], farm[NAME_SIZE] = "";
    enum ctl_exit end = CTL_DONE;

    if (slash != NULL) {
        snprintf(farm, sizeof(farm), "%.*s", (int)(slash - name), name);
        name = slash + 1;
    } else {
        end = find_farm(ctl, name, farm);
    }
    if (end != CTL_DONE)
        return end;
    if (farm[0] == '\0' || name[0] == '\0' || strlen(farm) + strlen(name) > 128 ||
        strpbrk(name, " /?#%\r\n") != NULL || strpbrk(farm, " ?#%\r\n") != NULL)
        return ctl_complain(CTL_USAGE, "a node is FARM/NODE, or NODE alone");
    snprintf(path, sizeof(path), "/api/v1/nodes/%s/%s/%s", farm, name, deed);
    return post(ctl, path, body);
}

enum ctl_exit
ctl_drain(struct ctl *ctl)
{
    return order(ctl, "drain", NULL);
}

enum ctl_exit
ctl_ready(struct ctl *ctl)
{
    return order(ctl, "ready", NULL);
}

enum ctl_exit
ctl_maint(struct ctl *ctl)
{
    return order(ctl, "maint", NULL);
}

static bool
read_number(const char *text, unsigned long long max, unsigned long long *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value <= max;
}

enum ctl_exit
ctl_weight(struct ctl *ctl)
{
    unsigned long long weight;
    char body[64];

    if (!read_number(ctl->args[1], WEIGHT_MAX, &weight))
        return ctl_complain(CTL_USAGE, "a weight is a number from 0 to %d", WEIGHT_MAX);
    snprintf(body, sizeof(body), "{\"weight\": %llu}", weight);
    return order(ctl, "weight", body);
}

/* 12, or c12 as in the log. */
enum ctl_exit
ctl_kick(struct ctl *ctl)
{
    unsigned long long id;
    char path[64];

    if (!read_number(ctl->args[0] + (ctl->args[0][0] == 'c'), UINT64_MAX, &id))
        return ctl_complain(CTL_USAGE, "a session is a number, as `sessions` shows it");
    snprintf(path, sizeof(path), "/api/v1/sessions/%llu/kick", id);
    return post(ctl, path, NULL);
}

/* An address, as `bans` shows it, or all. */
enum ctl_exit
ctl_unban(struct ctl *ctl)
{
    int len = (int)strcspn(ctl->args[0], "/");      /* without the bits of a network */
    char text[64], path[128];
    struct addr addr;

    snprintf(text, sizeof(text), "%.*s", len, ctl->args[0]);
    if (len >= (int)sizeof(text) || (strcmp(text, "all") != 0 && !addr_read_ip(text, &addr)))
        return ctl_complain(CTL_USAGE, "an address is an IP address, as `bans` shows it, or all");
    snprintf(path, sizeof(path), "/api/v1/bans/%s/lift", text);
    return post(ctl, path, NULL);
}

enum ctl_exit
ctl_reload(struct ctl *ctl)
{
    return post(ctl, "/api/v1/reload", NULL);
}
