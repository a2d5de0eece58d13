/* SPDX-License-Identifier: ISC */
#include "tools/ctl_stream.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"

#define HEAD_MS 10000               /* for the head */
#define QUIET_MS 120000             /* smpplex sends an empty line every 30 to 60 s */
#define HEADER_MAX 16384
#define LINE_MAX_SIZE (1u << 20)

static void
take_line(struct ctl_stream *stream, const char *text, size_t n)
{
    json_t *line;

    if (n == 0)
        return;
    line = json_loadb(text, n, 0, NULL);
    if (line == NULL)
        stream->broken = true;
    else if (!stream->on_line(stream, text, line))
        stream->enough = true;
    json_decref(line);
}

/* Keeps the beginning of a line. */
static void
keep(struct ctl_stream *stream, const char *bytes, size_t n)
{
    char *text = stream->len + n < LINE_MAX_SIZE
                     ? realloc(stream->text, stream->len + n + 1) : NULL;

    if (text == NULL) {
        stream->broken = true;
        return;
    }
    memcpy(text + stream->len, bytes, n);
    stream->text = text;
    stream->len += n;
    text[stream->len] = '\0';
}

static void
take_lines(struct ctl_stream *stream, const char *bytes, size_t n)
{
    const char *end;

    while (n > 0 && !stream->enough && !stream->broken) {
        end = memchr(bytes, '\n', n);
        keep(stream, bytes, end != NULL ? (size_t)(end - bytes) : n);
        if (end == NULL || stream->broken)
            return;
        take_line(stream, stream->text, stream->len);
        stream->len = 0;
        n -= (size_t)(end - bytes) + 1;
        bytes = end + 1;
    }
}

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    struct ctl_stream *stream = response->owner;

    if (response->status == 200)
        take_lines(stream, bytes, n);
    else
        ctl_answer_add(&stream->answer, bytes, n);
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* False: it has failed, and conn->why says how. */
static bool
receive(struct ctl_conn *conn, struct ctl_stream *stream)
{
    enum response_progress progress = RESPONSE_HEADER;
    struct response response;
    char bytes[16384];
    ssize_t n;

    response_init(&response, HEADER_MAX, SIZE_MAX, on_body, stream);
    while ((progress == RESPONSE_HEADER || progress == RESPONSE_BODY) && !stream->enough &&
           !stream->broken) {
        if (progress == RESPONSE_BODY)
            conn->until_ms = sooner(ctl_now_ms() + QUIET_MS, stream->until_ms);
        n = ctl_conn_receive(conn, bytes, sizeof(bytes));
        if (n < 0) {
            stream->enough = progress == RESPONSE_BODY && ctl_now_ms() >= stream->until_ms;
            return stream->enough;
        }
        progress = n > 0 ? response_feed(&response, bytes, (size_t)n) : response_end(&response);
        stream->enough = stream->enough || fflush(stdout) != 0;
    }
    stream->answer.status = response.status;
    if (stream->enough || (progress == RESPONSE_WHOLE && response.status != 200))
        return true;
    snprintf(conn->why, sizeof(conn->why), "%s",
             stream->broken ? "what came is no trace"
                            : progress == RESPONSE_WHOLE ? "the connection has ended"
                                                         : response_error(&response));
    return false;
}

enum ctl_exit
ctl_stream(const struct ctl *ctl, const char *path, struct ctl_stream *stream)
{
    struct ctl_answer *answer = &stream->answer;
    enum ctl_exit end = CTL_DONE;
    struct ctl_conn conn;

    if (!ctl_conn_open(&conn, ctl, ctl_now_ms() + HEAD_MS) ||
        !ctl_send_request(ctl, &conn, "GET", path, NULL) || !receive(&conn, stream)) {
        answer->status = 0;
        snprintf(answer->why, sizeof(answer->why), "%s", conn.why);
    }
    ctl_conn_close(&conn);
    if (answer->text != NULL)
        answer->json = json_loadb(answer->text, answer->len, 0, NULL);
    if (!stream->enough)
        end = ctl_judge(ctl, answer);
    ctl_answer_fini(answer);
    free(stream->text);
    return end;
}
