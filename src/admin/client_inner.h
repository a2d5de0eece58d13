/* SPDX-License-Identifier: ISC */
#ifndef ADMIN_CLIENT_INNER_H
#define ADMIN_CLIENT_INNER_H

#include "admin/client.h"

/* What client.c and client_request.c share. */

/* The one place where the state changes. */
void
client_enter(struct client *client, enum client_state state);

/* Answers; takes the answer's reference. */
void
client_respond(struct client *client, struct answer answer);

/* Answers that it may or can not be done, and says so in the log. `more` is header
 * lines, or NULL. */
void
client_refuse(struct client *client, unsigned status, const char *text, const char *more);

/* The answer of that status, as suits what was asked for. */
struct answer
client_error(const struct client *client, unsigned status, const char *text);

/* Answers with what became of it. */
void
client_answer_verdict(struct client *client, const struct admin_verdict *verdict);

/* Is it let do what not everybody may? Else it has been refused. */
MUST_USE bool
client_is_trusted(struct client *client);

/* A whole request is there. */
void
client_handle(struct client *client);

/*
 * client_trace.c: a client that reads a trace.
 */

/* Without a line for so long an empty one is sent, lest a dead peer go unnoticed. */
#define CLIENT_QUIET_MS 30000

MUST_USE bool
client_is_trace(const char *path);

/* A request for one. */
void
client_begin_trace(struct client *client);

/* Its timer. */
void
client_watch_trace(struct client *client);

#endif
