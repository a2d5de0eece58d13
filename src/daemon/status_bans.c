/* SPDX-License-Identifier: ISC */
/* Bans come about on the workers' threads; here the gate is asked for them now and then. */
#include "daemon/status_bans.h"

#include <inttypes.h>
#include <stdio.h>

#include "proxy/gate.h"

#define TOLD 8      /* at a time; of more their number is told */

static struct admin_ban
row_of(const struct status *status, const struct gate_ban *ban)
{
    struct admin_ban row = {.listener = ban->listener, .failures = ban->failures,
                            .since_ms = status_wall_ms(status, ban->since_us / 1000),
                            .until_ms = status_wall_ms(status, ban->until_us / 1000)};

    cidr_format(&ban->net, row.net);
    snprintf(row.why, sizeof(row.why), "%s", ban->why);
    return row;
}

size_t
status_bans(void *owner, size_t skip, struct admin_ban *rows, size_t room)
{
    const struct status *status = owner;
    uint64_t now_us = status->loop->now_us;
    struct gate_ban bans[32];
    size_t total = 0, i, n = 0;

    do {
        total = gate_bans(status->gate, now_us, skip + n, bans, room - n < 32 ? room - n : 32);
        for (i = 0; i < 32 && n < room && skip + n < total; i++)
            rows[n++] = row_of(status, &bans[i]);
    } while (n < room && skip + n < total);
    return total;
}

void
status_lift(void *owner, const struct addr *addr, struct admin_verdict *verdict)
{
    struct status *status = owner;
    size_t n = gate_lift(status->gate, addr, status->loop->now_us);
    char who[ADDR_TEXT_SIZE] = "all addresses", host[ADDR_HOST_SIZE];

    if (addr != NULL)
        snprintf(who, sizeof(who), "%s", addr_host(addr_format(addr, who), "", host));
    if (n == 0) {
        verdict->end = ADMIN_UNKNOWN;
        snprintf(verdict->text, sizeof(verdict->text),
                 addr != NULL ? "%s is not banned" : "no address is banned", who);
        return;
    }
    verdict->end = ADMIN_DONE;
    snprintf(verdict->text, sizeof(verdict->text), addr != NULL ? "%s: its ban is lifted"
                                                                : "%s: bans lifted: %zu", who, n);
    status_event(status, "ban", who, "banned", "lifted", "lifted by an operator");
}

static void
tell(struct status *status, const struct gate_ban *ban)
{
    char net[CIDR_TEXT_SIZE], why[GATE_WHY_SIZE + 80];

    snprintf(why, sizeof(why), "%" PRIu32 " failed binds, for %" PRIu64 " s: %s", ban->failures,
             (ban->until_us - ban->since_us) / 1000000, ban->why);
    status_event(status, "ban", cidr_format(&ban->net, net), "", "banned", why);
}

void
status_tell_bans(struct status *status)
{
    uint64_t serial = gate_ban_serial(status->gate), more = serial - status->ban_serial;
    struct gate_ban bans[TOLD];
    char who[40];
    size_t n;

    if (more == 0)
        return;
    n = gate_bans(status->gate, status->loop->now_us, 0, bans, TOLD);
    for (n = n < TOLD ? n : TOLD; n > 0; n--)
        if (bans[n - 1].serial > status->ban_serial) {
            tell(status, &bans[n - 1]);
            more--;
        }
    status->ban_serial = serial;
    if (more == 0)
        return;
    snprintf(who, sizeof(who), "%" PRIu64 " more addresses", more);
    status_event(status, "ban", who, "", "banned", "");
}
