/* SPDX-License-Identifier: ISC */
#include "proxy/farm.h"

#include <stdlib.h>
#include <utlist.h>

struct farm *
farm_get(struct proxy *proxy, const struct conf_farm *conf)
{
    struct farm *farm;

    LL_FOREACH(proxy->farms, farm)
        if (farm->conf == conf)
            return farm;
    farm = calloc(1, sizeof(*farm));
    if (farm == NULL)
        return NULL;
    farm->proxy = proxy;
    farm->conf = conf;
    set_table_init(&farm->sets, conf->concat_max, conf->concat_ttl_ms, conf->concat_linger_ms);
    learn_init(&farm->learn, conf->learn_max);
    LL_PREPEND(proxy->farms, farm);
    return farm;
}

void
farm_free_all(struct proxy *proxy)
{
    struct farm *farm;

    while ((farm = proxy->farms) != NULL) {
        LL_DELETE(proxy->farms, farm);
        set_table_fini(&farm->sets);
        learn_fini(&farm->learn);
        free(farm);
    }
}
