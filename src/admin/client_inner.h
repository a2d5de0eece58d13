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

/* A whole request is there. */
void
client_handle(struct client *client);

#endif
