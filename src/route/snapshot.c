/* SPDX-License-Identifier: ISC */
#include "route/snapshot.h"

#include <stdlib.h>

static bool
alloc_farms(struct snapshot *snapshot)
{
    const struct conf *conf = snapshot->conf;
    size_t i;

    snapshot->farms = calloc(conf->farm_count + 1, sizeof(*snapshot->farms));
    if (snapshot->farms == NULL)
        return false;
    for (i = 0; i < conf->farm_count; i++) {
        snapshot->farms[i].nodes = calloc(conf->farms[i].node_count + 1,
                                          sizeof(struct node_counts));
        if (snapshot->farms[i].nodes == NULL)
            return false;
    }
    return true;
}

static bool
alloc_list(struct snapshot *snapshot)
{
    switch (snapshot->list) {
    case SNAPSHOT_NO_LIST:
        return true;
    case SNAPSHOT_ACCOUNTS:
        snapshot->accounts = calloc(snapshot->limit + 1, sizeof(*snapshot->accounts));
        return snapshot->accounts != NULL;
    case SNAPSHOT_SESSIONS:
        snapshot->rows = calloc(snapshot->limit + 1, sizeof(*snapshot->rows));
        return snapshot->rows != NULL;
    }
    return false;
}

struct snapshot *
snapshot_new(struct conf *conf, enum snapshot_list list, size_t offset, size_t limit)
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

    if (snapshot == NULL)
        return NULL;
    ensure(limit <= SNAPSHOT_LIST_MAX);
    snapshot->conf = conf_ref(conf);
    snapshot->list = list;
    snapshot->offset = offset;
    snapshot->limit = limit;
    snapshot->routes = calloc(conf->listener_count + 1, sizeof(*snapshot->routes));
    if (snapshot->routes != NULL && alloc_farms(snapshot) && alloc_list(snapshot))
        return snapshot;
    snapshot_free(snapshot);
    return NULL;
}

void
snapshot_free(struct snapshot *snapshot)
{
    size_t i;

    if (snapshot == NULL)
        return;
    for (i = 0; snapshot->farms != NULL && i < snapshot->conf->farm_count; i++)
        free(snapshot->farms[i].nodes);
    free(snapshot->farms);
    free(snapshot->routes);
    free(snapshot->accounts);
    free(snapshot->rows);
    conf_unref(snapshot->conf);
    free(snapshot);
}

bool
snapshot_wants_row(struct snapshot *snapshot)
{
    size_t place = snapshot->total++;

    if (place < snapshot->offset || snapshot->count == snapshot->limit)
        return false;
    snapshot->count++;
    return true;
}
