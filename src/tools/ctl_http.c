/* SPDX-License-Identifier: ISC */
#include "tools/ctl_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"

#define TIMEOUT_MS 10000            /* for all of it */
#define HEADER_MAX 16384
#define BODY_MAX (64u << 20)

void
ctl_encode(char *out, size_t size, const char *text)
{
    size_t n = 0;

    for (; *text != '\0' && n + 4 <= size; text++)
        n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*text);
    out[n] = '\0';
}

bool
ctl_send_request(const struct ctl *ctl, struct ctl_conn *conn, const char *method,
                 const char *path, const char *body)
{
    bool is_unix = ctl->addr.sa.any.sa_family == AF_UNIX;
    char host[ADDR_TEXT_SIZE], *text;
    bool sent;
    int n;

    n = asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s%s"
                 "Content-Length: %zu\r\n\r\n%s", method, path,
                 is_unix ? "localhost" : addr_format(&ctl->addr, host),
                 ctl->token[0] != '\0' ? "Authorization: Bearer " : "", ctl->token,
                 ctl->token[0] != '\0' ? "\r\n" : "", body != NULL ? strlen(body) : 0,
                 body != NULL ? body : "");
    if (n == -1) {
        snprintf(conn->why, sizeof(conn->why), "memory is short");
        return false;
    }
    sent = ctl_conn_send(conn, text, (size_t)n);
    explicit_bzero(text, (size_t)n);
    free(text);
    return sent;
}

void
ctl_answer_add(struct ctl_answer *answer, const char *bytes, size_t n)
{
    char *text = realloc(answer->text, answer->len + n + 1);

    if (text == NULL)
        return;     /* then it is no JSON */
    memcpy(text + answer->len, bytes, n);
    answer->len += n;
    text[answer->len] = '\0';
    answer->text = text;
}

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    ctl_answer_add(response->owner, bytes, n);
}

static bool
receive(struct ctl_conn *conn, struct ctl_answer *answer)
{
    enum response_progress progress = RESPONSE_HEADER;
    struct response response;
    char bytes[16384];
    ssize_t n;

    response_init(&response, HEADER_MAX, BODY_MAX, on_body, answer);
    while (progress == RESPONSE_HEADER || progress == RESPONSE_BODY) {
        n = ctl_conn_receive(conn, bytes, sizeof(bytes));
        if (n < 0)
            return false;
        progress = n > 0 ? response_feed(&response, bytes, (size_t)n) : response_end(&response);
    }
    if (progress == RESPONSE_WHOLE) {
        answer->status = response.status;
        return true;
    }
    snprintf(conn->why, sizeof(conn->why), "the answer is no good: %s",
             response_error(&response));
    return false;
}

void
ctl_ask(const struct ctl *ctl, const char *method, const char *path, const char *body,
        struct ctl_answer *answer)
{
    struct ctl_conn conn;

    memset(answer, 0, sizeof(*answer));
    if (!ctl_conn_open(&conn, ctl, ctl_now_ms() + TIMEOUT_MS) ||
        !ctl_send_request(ctl, &conn, method, path, body) || !receive(&conn, answer))
        snprintf(answer->why, sizeof(answer->why), "%s", conn.why);
    ctl_conn_close(&conn);
    if (answer->status != 0 && answer->text != NULL)
        answer->json = json_loadb(answer->text, answer->len, 0, NULL);
}

void
ctl_answer_fini(struct ctl_answer *answer)
{
    json_decref(answer->json);
    free(answer->text);
    memset(answer, 0, sizeof(*answer));
}

/* For who said nothing of where smpplex is. */
static const char *
hint(const struct ctl *ctl)
{
    return strcmp(ctl->server, CTL_SOCKET) != 0
               ? "" : "; is it the socket of its status section? -s names another, or an address";
}

enum ctl_exit
ctl_judge(const struct ctl *ctl, const struct ctl_answer *answer)
{
    const char *text;

    if (answer->status == 0)
        return ctl_complain(CTL_UNREACHED, "cannot reach smpplex at %s: %s%s", ctl->server,
                            answer->why, hint(ctl));
    if (answer->json == NULL)
        return ctl_complain(CTL_UNREACHED, "%s: this is no smpplex: status %u and no JSON",
                            ctl->server, answer->status);
    if (answer->status == 200)
        return CTL_DONE;
    text = ctl_text(json_object_get(answer->json, "error"), "text");
    return ctl_complain(CTL_FAILED, "refused: %s", text[0] != '\0' ? text : "no reason given");
}

enum ctl_exit
ctl_get(const struct ctl *ctl, const char *path, struct ctl_answer *answer)
{
    enum ctl_exit end;

    ctl_ask(ctl, "GET", path, NULL, answer);
    end = ctl_judge(ctl, answer);
    if (end == CTL_DONE && ctl->json)
        fwrite(answer->text, 1, answer->len, stdout);
    return end;
}

const char *
ctl_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

double
ctl_number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

bool
ctl_is(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

double
ctl_number_in(const json_t *object, const char *member, const char *name)
{
    return ctl_number(json_object_get(object, member), name);
}
