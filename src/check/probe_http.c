/* SPDX-License-Identifier: ISC */
/*
 * GET of a path. Without a text to look for the header decides; with one, the
 * body is read until that is decided too, up to BODY_MAX octets.
 */
#include <stdio.h>
#include <string.h>

#include "check/probe.h"
#include "http/basic.h"

#define HEADER_MAX ((size_t)16 << 10)
#define BODY_MAX ((size_t)256 << 10)
/* Path 1024, host 255, user and secret 255 each in base64, and the words around them. */
#define REQUEST_ROOM 2560
#define AUTHORIZATION_SIZE (HTTP_BASIC_SIZE + 32)

static bool
wants_text(const struct check *check)
{
    return check->conf->expect[0] != '\0' || check->conf->refuse[0] != '\0';
}

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    struct check *check = response->owner;

    search_feed(&check->expect, bytes, n);
    if (check->conf->refuse[0] != '\0')
        search_feed(&check->refuse, bytes, n);
}

/* The line of basic authentication, or nothing. */
static void
put_authorization(const struct conf_check *conf, char out[static AUTHORIZATION_SIZE])
{
    char login[HTTP_LOGIN_MAX + 1], value[HTTP_BASIC_SIZE];

    out[0] = '\0';
    if (conf->user[0] == '\0')
        return;
    snprintf(login, sizeof(login), "%s:%s", conf->user, conf->secret);
    snprintf(out, AUTHORIZATION_SIZE, "Authorization: %s\r\n", http_basic(login, value));
    explicit_bzero(login, sizeof(login));
    explicit_bzero(value, sizeof(value));
}

static void
on_open(struct check *check)
{
    const struct conf_check *conf = check->conf;
    char request[REQUEST_ROOM], authorization[AUTHORIZATION_SIZE], address[ADDR_TEXT_SIZE];
    const char *host = conf->host;
    int n;

    search_reset(&check->expect);
    search_reset(&check->refuse);
    response_init(&check->response, HEADER_MAX, BODY_MAX, on_body, check);
    if (host[0] == '\0')
        host = check->target.sa.any.sa_family == AF_UNIX ? "localhost"
                                                         : addr_format(&check->target, address);
    put_authorization(conf, authorization);
    n = snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: %s\r\n%sUser-Agent: smpplex\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n", conf->path, host, authorization);
    ensure(n > 0 && (size_t)n < sizeof(request));
    check_send(check, request, (size_t)n);
    explicit_bzero(authorization, sizeof(authorization));
    explicit_bzero(request, sizeof(request));
}

static const char *
awaits(const struct check *check)
{
    return check->response.status == 0 ? "header" : "body";
}

static void
end(struct check *check, enum check_outcome outcome)
{
    check_done(check, outcome, "status=%u", check->response.status);
    conn_finish(&check->conn, PROBE_LINGER_MS);
}

static bool
status_is_good(const struct check *check)
{
    const struct conf_range *range = &check->conf->expect_status;

    return check->response.status >= range->low && check->response.status <= range->high;
}

static void
refuse_status(struct check *check)
{
    char phrase[RESPONSE_PHRASE_SIZE], *p;

    memcpy(phrase, check->response.phrase, sizeof(phrase));
    for (p = phrase; *p != '\0'; p++)
        if (*p < ' ' || *p > '~' || *p == '"')
            *p = '?';
    check_done(check, CHECK_HTTP_STATUS, "status=%u phrase=\"%s\"", check->response.status, phrase);
    conn_finish(&check->conn, PROBE_LINGER_MS);
}

/* The status is good: is more to be known, and do we know it? */
static void
look_at_body(struct check *check, bool whole)
{
    if (check->conf->refuse[0] != '\0' && check->refuse.found)
        end(check, CHECK_TEXT_FORBIDDEN);
    else if (!wants_text(check) ||
             (check->expect.found && (whole || check->conf->refuse[0] == '\0')))
        end(check, CHECK_PASSED);
    else if (whole)
        end(check, CHECK_TEXT_MISSING);
}

static void
look(struct check *check, enum response_progress progress)
{
    struct response *response = &check->response;

    if (response->status != 0 && !status_is_good(check)) {
        refuse_status(check);
        return;
    }
    switch (progress) {
    case RESPONSE_HEADER:
        break;
    case RESPONSE_BODY:
        look_at_body(check, false);
        break;
    case RESPONSE_WHOLE:
        look_at_body(check, true);
        break;
    case RESPONSE_BODY_TOO_LONG:
        look_at_body(check, false);
        if (check->probing)
            end(check, CHECK_BODY_TOO_LONG);
        break;
    case RESPONSE_CUT:
        check_done(check, CHECK_CLOSED, "awaited=%s", awaits(check));
        break;
    case RESPONSE_MALFORMED:
    case RESPONSE_HEADER_TOO_LONG:
        check_done(check, CHECK_HTTP_MALFORMED, "why=\"%s\"", response_error(response));
        conn_close(&check->conn);
        break;
    }
}

static size_t
on_bytes(struct check *check, const uint8_t *bytes, size_t n)
{
    if (check->probing)
        look(check, response_feed(&check->response, bytes, n));
    return n;
}

static void
on_closed(struct check *check)
{
    look(check, response_end(&check->response));
}

const struct probe_kind probe_http = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = on_closed, .awaits = awaits,
};
