/* SPDX-License-Identifier: ISC */
#include "admin/resource.h"

#include <string.h>

#include "admin/json.h"
#include "admin/metrics.h"
#include "admin/page.h"

const char resource_bad_part[] = "offset and limit are whole numbers, limit at most 500";

static struct answer
render_page(const struct reading *reading, const struct http_request *request)
{
    (void)reading;
    (void)request;
    return (struct answer){.status = 200, .type = TYPE_HTML, .more = page_headers,
                           .body = blob_new((const char *)page_bytes, page_size)};
}

static struct answer
render_healthz(const struct reading *reading, const struct http_request *request)
{
    (void)reading;
    (void)request;
    return answer_text(200, "alive\n");
}

static struct answer
render_readyz(const struct reading *reading, const struct http_request *request)
{
    const char *lacking = reading_lacking(reading);
    char text[128];

    (void)request;
    if (reading->info->draining)
        return answer_text(503, "not ready: told to end\n");
    if (lacking == NULL)
        return answer_text(200, "ready\n");
    snprintf(text, sizeof(text), "not ready: farm %s has no node that is up\n", lacking);
    return answer_text(503, text);
}

static struct answer
render_metrics(const struct reading *reading, const struct http_request *request)
{
    struct answer answer = {.status = 200, .type = TYPE_METRICS};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)request;
    if (out == NULL)
        return answer;
    metrics_write(reading, out);
    if (fclose(out) == 0)
        answer.body = blob_new(text, len);
    free(text);
    return answer;
}

static struct answer
render_status(const struct reading *reading, const struct http_request *request)
{
    (void)request;
    return answer_json(200, json_status(reading));
}

static struct answer
render_farms(const struct reading *reading, const struct http_request *request)
{
    (void)request;
    return answer_json(200, json_farms(reading));
}

static struct answer
render_nodes(const struct reading *reading, const struct http_request *request)
{
    char farm[64];
    bool one = http_request_has(request, "farm");

    if (one && !http_request_query(request, "farm", farm, sizeof(farm)))
        return answer_error(400, "farm: the name of a farm is needed");
    return answer_json(200, json_nodes(reading, one ? farm : NULL));
}

static struct answer
render_history(const struct reading *reading, const struct http_request *request)
{
    uint64_t seconds = HISTORY_SAMPLES;

    if (!http_request_number(request, "seconds", HISTORY_SAMPLES, &seconds))
        return answer_error(400, "seconds: a whole number up to 300 is needed");
    return answer_json(200, json_history(reading, (size_t)seconds));
}

static struct answer
render_listeners(const struct reading *reading, const struct http_request *request)
{
    (void)request;
    return answer_json(200, json_listeners(reading));
}

static struct answer
render_accounts(const struct reading *reading, const struct http_request *request)
{
    (void)request;
    return answer_json(200, json_accounts(reading));
}

static struct answer
render_sessions(const struct reading *reading, const struct http_request *request)
{
    (void)request;
    return answer_json(200, json_sessions(reading));
}

static struct answer
render_bans(const struct reading *reading, const struct http_request *request)
{
    uint64_t offset = 0, limit = RESOURCE_LIST_DEFAULT;

    if (!http_request_number(request, "offset", RESOURCE_OFFSET_MAX, &offset) ||
        !http_request_number(request, "limit", SNAPSHOT_LIST_MAX, &limit))
        return answer_error(400, resource_bad_part);
    return answer_json(200, json_bans(reading, (size_t)offset, (size_t)limit));
}

static struct answer
render_events(const struct reading *reading, const struct http_request *request)
{
    uint64_t after = 0;

    if (!http_request_number(request, "after", UINT64_MAX, &after))
        return answer_error(400, "after: an event's id is needed, a whole number");
    return answer_json(200, json_events(reading, after));
}

static const struct {
    const char *path;
    enum resource_needs needs;
    struct answer (*render)(const struct reading *reading, const struct http_request *request);
} resources[] = {
#define RESOURCE(symbol, path, needs, render, help) {path, needs, render},
#include "admin/resource.def"
#undef RESOURCE
};

enum resource
resource_find(const char *path)
{
    enum resource resource;

    for (resource = 0; resource < RESOURCES; resource++)
        if (strcmp(path, resources[resource].path) == 0)
            break;
    return resource;
}

enum resource_needs
resource_needs(enum resource resource)
{
    return resources[resource].needs;
}

struct answer
resource_render(enum resource resource, const struct reading *reading,
                const struct http_request *request)
{
    return resources[resource].render(reading, request);
}
