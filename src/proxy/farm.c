/* SPDX-License-Identifier: ISC */
#include "proxy/farm.h"

#include <stdlib.h>
#include <utlist.h>

#include "proxy/account.h"
#include "proxy/linkset.h"

#define RETIRE_AGAIN_MS 1000    /* what could not end yet is looked at again */

static void
on_retire(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct farm *farm = timer->data;
    struct account *account, *next_account;
    struct linkset *linkset, *next;
    bool done = true;

    (void)ev;
    (void)revents;
    HASH_ITER(hh, farm->proxy->accounts, account, next_account)
        if (account->farm == farm)
            DL_FOREACH_SAFE(account->linksets, linkset, next)
                done = linkset_retire(linkset) && done;
    if (!done)
        loop_timer_start(farm->proxy->loop, &farm->retire, RETIRE_AGAIN_MS);
}

struct farm *
farm_get(struct proxy *proxy, const struct conf_farm *conf)
{
    const struct conf_farm *next = proxy_next_farm(proxy, conf);
    struct farm *farm;

    LL_FOREACH(proxy->farms, farm)
        if (farm->conf == conf)
            return farm;
    farm = calloc(1, sizeof(*farm));
    if (farm == NULL || !counts_reserve(&farm->counts, (next != NULL ? next : conf)->node_count)) {
        if (farm != NULL)
            counts_fini(&farm->counts);
        free(farm);
        return NULL;
    }
    farm->proxy = proxy;
    farm->conf = conf;
    set_table_init(&farm->sets, conf->concat_max, conf->concat_ttl_ms, conf->concat_linger_ms);
    learn_init(&farm->learn, conf->learn_max);
    ev_init(&farm->retire, on_retire);
    farm->retire.data = farm;
    LL_PREPEND(proxy->farms, farm);
    return farm;
}

void
farm_free_all(struct proxy *proxy)
{
    struct farm *farm;

    while ((farm = proxy->farms) != NULL) {
        LL_DELETE(proxy->farms, farm);
        loop_timer_stop(proxy->loop, &farm->retire);
        set_table_fini(&farm->sets);
        learn_fini(&farm->learn);
        counts_fini(&farm->counts);
        free(farm);
    }
}
