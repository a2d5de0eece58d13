/* SPDX-License-Identifier: ISC */
/* A node that takes a connection is well. */
#include "check/probe.h"

static void
on_open(struct check *check)
{
    check_done(check, CHECK_PASSED, "%s", "");
    conn_finish(&check->conn, PROBE_LINGER_MS);
}

static size_t
on_bytes(struct check *check, const uint8_t *bytes, size_t n)
{
    (void)check;
    (void)bytes;
    return n;
}

static const char *
awaits(const struct check *check)
{
    (void)check;
    return "connection";
}

const struct probe_kind probe_tcp = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = NULL, .awaits = awaits,
};
