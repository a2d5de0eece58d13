/* SPDX-License-Identifier: ISC */
#include "tools/ctl_http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http/response.h"

#define TIMEOUT_MS 10000            /* for all of it */
#define HEADER_MAX 16384
#define BODY_MAX (64u << 20)

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until it can be read, or written, or the time is over. */
static bool
await(int fd, short events, int64_t until_ms)
{
    struct pollfd it = {.fd = fd, .events = events};
    int64_t left;
    int n;

    do {
        left = until_ms - now_ms();
        n = left > 0 ? poll(&it, 1, (int)left) : 0;
    } while (n == -1 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n == 1;
}

static int
dial(const struct addr *addr, int64_t until_ms)
{
    int fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = sizeof(int);
    int error = 0;

    if (fd == -1)
        return -1;
    if (connect(fd, &addr->sa.any, addr->len) == 0)
        return fd;
    if (errno == EINPROGRESS && await(fd, POLLOUT, until_ms) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
        return fd;
    if (error != 0)
        errno = error;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool
send_all(int fd, const char *bytes, size_t n, int64_t until_ms)
{
    ssize_t sent;

    while (n > 0) {
        sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        } else if ((errno != EAGAIN && errno != EINTR) || !await(fd, POLLOUT, until_ms)) {
            return false;
        }
    }
    return true;
}

static bool
send_request(const struct ctl *ctl, int fd, const char *method, const char *path,
             const char *body, int64_t until_ms)
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
    if (n == -1)
        return false;
    sent = send_all(fd, text, (size_t)n, until_ms);
    explicit_bzero(text, (size_t)n);
    free(text);
    return sent;
}

static void
on_body(struct response *response, const char *bytes, size_t n)
{
    struct ctl_answer *answer = response->owner;
    char *text = realloc(answer->text, answer->len + n + 1);

    if (text == NULL)
        return;     /* then it is no JSON */
    memcpy(text + answer->len, bytes, n);
    answer->len += n;
    text[answer->len] = '\0';
    answer->text = text;
}

/* False: errno, or 0 where it is not HTTP that came. */
static bool
receive(int fd, struct ctl_answer *answer, int64_t until_ms)
{
    enum response_progress progress = RESPONSE_HEADER;
    struct response response;
    char bytes[16384];
    ssize_t n;

    response_init(&response, HEADER_MAX, BODY_MAX, on_body, answer);
    while (progress == RESPONSE_HEADER || progress == RESPONSE_BODY) {
        n = recv(fd, bytes, sizeof(bytes), 0);
        if (n > 0)
            progress = response_feed(&response, bytes, (size_t)n);
        else if (n == 0)
            progress = response_end(&response);
        else if ((errno != EAGAIN && errno != EINTR) || !await(fd, POLLIN, until_ms))
            return false;
    }
    if (progress == RESPONSE_WHOLE) {
        answer->status = response.status;
        return true;
    }
    snprintf(answer->why, sizeof(answer->why), "the answer is no good: %s",
             response_error(&response));
    return false;
}

void
ctl_ask(const struct ctl *ctl, const char *method, const char *path, const char *body,
        struct ctl_answer *answer)
{
    int64_t until_ms = now_ms() + TIMEOUT_MS;
    int fd = dial(&ctl->addr, until_ms);

    memset(answer, 0, sizeof(*answer));
    if ((fd == -1 || !send_request(ctl, fd, method, path, body, until_ms) ||
         !receive(fd, answer, until_ms)) && answer->why[0] == '\0')
        snprintf(answer->why, sizeof(answer->why), "%s", strerror(errno));
    if (fd != -1)
        close(fd);
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
