/* SPDX-License-Identifier: ISC */
#include "proxy/totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/log.h"
#include "proxy/account.h"
#include "proxy/farm.h"

struct totals *
totals_new(size_t farm_count)
{
    struct totals *totals;

    totals = calloc(1, sizeof(*totals) + farm_count * sizeof(totals->farms[0]));
    if (totals != NULL)
        totals->farm_count = farm_count;
    return totals;
}

struct totals *
totals_take(struct proxy *proxy, const struct conf *conf)
{
    struct totals *totals = totals_new(conf->farm_count);
    struct farm *farm;

    if (totals == NULL)
        return NULL;
    totals->sessions = proxy->session_count;
    totals->accounts = HASH_COUNT(proxy->accounts);
    totals->linksets = proxy->linkset_count;
    totals->memory = proxy->loop->slab.used;
    totals->counters = proxy->counters;
    LL_FOREACH(proxy->farms, farm) {
        set_expire(&farm->sets, loop_now_ms(proxy->loop));
        totals->farms[farm->conf - conf->farms] = (struct farm_totals){
            .sets = farm->sets.count,
            .sets_begun = farm->sets.begun,
            .sets_expired = farm->sets.expired,
            .sets_evicted = farm->sets.evicted,
        };
    }
    return totals;
}

void
totals_add(struct totals *sum, const struct totals *totals)
{
    size_t i;

    sum->sessions += totals->sessions;
    sum->accounts += totals->accounts;
    sum->linksets += totals->linksets;
    sum->memory += totals->memory;
#define COUNTER(symbol, meaning) sum->counters.symbol += totals->counters.symbol;
#include "proxy/counter.def"
#undef COUNTER
    for (i = 0; i < sum->farm_count && i < totals->farm_count; i++) {
        sum->farms[i].sets += totals->farms[i].sets;
        sum->farms[i].sets_begun += totals->farms[i].sets_begun;
        sum->farms[i].sets_expired += totals->farms[i].sets_expired;
        sum->farms[i].sets_evicted += totals->farms[i].sets_evicted;
    }
}

void
totals_log(const struct totals *totals, const struct conf *conf)
{
    const struct farm_totals *farm;
    char line[3072];
    size_t len = 0, i;

#define COUNTER(symbol, meaning) \
    len += (size_t)snprintf(line + len, sizeof(line) - len, " " #symbol "=%llu", \
                            (unsigned long long)totals->counters.symbol);
#include "proxy/counter.def"
#undef COUNTER
    log_notice(NULL, "counters sessions=%llu linksets=%llu memory=%llu%s",
               (unsigned long long)totals->sessions, (unsigned long long)totals->linksets,
               (unsigned long long)totals->memory, line);
    for (i = 0; i < totals->farm_count && i < conf->farm_count; i++) {
        farm = &totals->farms[i];
        log_notice(conf->farms[i].name,
                   "counters sets=%llu sets_begun=%llu sets_expired=%llu sets_evicted=%llu",
                   (unsigned long long)farm->sets, (unsigned long long)farm->sets_begun,
                   (unsigned long long)farm->sets_expired, (unsigned long long)farm->sets_evicted);
    }
}
