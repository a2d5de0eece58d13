/* SPDX-License-Identifier: ISC */
#ifndef PROXY_DOUBT_H
#define PROXY_DOUBT_H

#include "proxy/session.h"

/*
 * The request was open at a node whose link was lost, and goes to another now: its message
 * may reach its recipient twice. It is counted, and where log-in-doubt is on there is a
 * line in the log for whoever looks for that.
 */
void
doubt_note(const struct session *session, const struct link *link, struct request *request);

#endif
