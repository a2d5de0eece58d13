/* SPDX-License-Identifier: ISC */
#include "tools/sim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "smpp/concat.h"
#include "tools/sim_node.h"
#include "tools/sim_session.h"

#define BUFFER_SIZE ((size_t)1 << 20)
#define FIELD_SIZE 256
/* Three escaped fields, the name, the id, numbers, and 4,096 octets of text in hex. */
#define LINE_SIZE (6 * FIELD_SIZE + 2 * (size_t)4096)

bool
sim_log_open(struct sim_log *log, const char *path, size_t text_max)
{
    *log = (struct sim_log){.fd = -1, .text_max = text_max};
    if (path == NULL)
        return true;
    log->buffer = malloc(BUFFER_SIZE);
    if (log->buffer == NULL)
        return false;
    if (strcmp(path, "-") == 0)
        log->fd = STDOUT_FILENO;
    else
        log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return log->fd != -1;
}

void
sim_log_close(struct sim_log *log)
{
    sim_log_flush(log);
    if (log->fd > STDERR_FILENO)
        close(log->fd);
    free(log->buffer);
    *log = (struct sim_log){.fd = -1};
}

void
sim_log_write(struct sim_log *log)
{
    size_t done = 0;
    ssize_t n;

    while (done < log->used) {
        n = write(log->fd, log->buffer + done, log->used - done);
        if (n == -1 && errno != EINTR) {
            fprintf(stderr, "smppsim: cannot write the log: %s\n", strerror(errno));
            _exit(1);
        }
        if (n > 0)
            done += (size_t)n;
    }
    log->used = 0;
}

static char *
put_text(char *at, const char *text)
{
    at = stpcpy(at, text);
    *at++ = '\t';
    return at;
}

static char *
put_octets(char *at, struct octets octets)
{
    escape(at, FIELD_SIZE, octets.bytes, octets.len);
    at += strlen(at);
    *at++ = '\t';
    return at;
}

static char *
put_number(char *at, uint32_t number)
{
    char digits[10];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        *at++ = digits[--n];
    *at++ = '\t';
    return at;
}

static char *
put_hex(char *at, const uint8_t *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < n; i++) {
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    return at;
}

static const char *
kind_name(enum concat_kind kind)
{
    switch (kind) {
    case CONCAT_NONE:
        break;
    case CONCAT_UDH8:
        return "udh8";
    case CONCAT_UDH16:
        return "udh16";
    case CONCAT_SAR:
        return "sar";
    }
    return "-";
}

void
sim_log_message(struct sim_log *log, const struct sim_session *session, const char *id,
                uint32_t number, const struct message *message)
{
    struct octets text = message_text(message);
    bool malformed = false;
    struct concat concat = concat_peek(message, &malformed);
    char *at;

    if (BUFFER_SIZE - log->used < LINE_SIZE)
        sim_log_write(log);
    at = log->buffer + log->used;
    at = put_text(at, session->node->options->name);
    at = put_octets(at, (struct octets){(const uint8_t *)session->account->system_id,
                                        strlen(session->account->system_id)});
    at = put_octets(at, message->source.addr);
    at = put_octets(at, message->destination.addr);
    at = put_text(at, id);
    at = put_number(at, number);
    at = put_text(at, kind_name(concat.kind));
    at = put_number(at, concat.reference);
    at = put_number(at, concat.total);
    at = put_number(at, concat.part);
    at = put_hex(at, text.bytes, text.len < log->text_max ? text.len : log->text_max);
    *at++ = '\n';
    log->used = (size_t)(at - log->buffer);
}
