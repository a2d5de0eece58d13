/* SPDX-License-Identifier: ISC */
#include "admin/reading.h"

#include <string.h>

void
reading_view(const struct reading *reading, size_t farm, size_t node, struct admin_view *view)
{
    memset(view, 0, sizeof(*view));
    reading->ops->view(reading->owner, farm, node, view);
}

size_t
reading_up(const struct reading *reading, size_t farm)
{
    const struct conf_farm *conf = &reading->conf->farms[farm];
    struct admin_view view;
    size_t i, up = 0;

    for (i = 0; i < conf->node_count; i++) {
        reading_view(reading, farm, i, &view);
        up += !conf->nodes[i].gone && view.up;
    }
    return up;
}

size_t
reading_bans(const struct reading *reading)
{
    return reading->ops->bans(reading->owner, 0, NULL, 0);
}

const char *
reading_lacking(const struct reading *reading)
{
    size_t i;

    for (i = 0; i < reading->conf->farm_count; i++)
        if (reading_up(reading, i) == 0)
            return reading->conf->farms[i].name;
    return NULL;
}
