/* SPDX-License-Identifier: ISC */
#ifndef PROXY_STREAM_INNER_H
#define PROXY_STREAM_INNER_H

#include "proxy/stream.h"

/* What stream.c and stream_place.c share, and nobody else uses. */

/* "c12 192.0.2.7:40112"; valid until the thread asks for the next. */
const char *
stream_label(const struct stream *stream);

/* The one place where the state changes. */
void
stream_enter(struct stream *stream, enum stream_state state);

/* Ends it because one of its conns has. */
void
stream_finish_by(struct stream *stream, enum stream_end why, enum conn_end end, int error);

/* stream.c: the connection to the node is there. */
void
stream_carry(struct stream *stream);

/* stream_place.c: of the conn to the node, until it is open. */
void
stream_on_connected(struct conn *conn);

/* The connection to the node came to nothing. */
void
stream_on_failed(struct stream *stream, enum conn_end end, int error);

/* It is no longer to come to that node, to which it is being connected. */
void
stream_break_off(struct stream *stream);

/* Chooses a node and connects to it, or waits for one. */
void
stream_place(struct stream *stream);

/* Lets go of the node. */
void
stream_leave_node(struct stream *stream);

#endif
