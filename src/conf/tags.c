/* SPDX-License-Identifier: ISC */
/*
 * What the nodes' message_ids are told apart by: each needs a tag of its own, or
 * an id-prefix that no other's begins with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"

#define FIRST_TAG 10
#define LAST_TAG 99

static bool
give_tag(struct conf_farm *farm, size_t i)
{
    char tag[16];

    if (FIRST_TAG + i > LAST_TAG)
        return false;
    snprintf(tag, sizeof(tag), "%zu", FIRST_TAG + i);
    free((char *)(uintptr_t)farm->nodes[i].tag);
    farm->nodes[i].tag = strdup(tag);
    return farm->nodes[i].tag != NULL;
}

static bool
clashes(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    return strncmp(a, b, a_len < b_len ? a_len : b_len) == 0;
}

static const char *
text_of(const struct conf_farm *farm, size_t i)
{
    return farm->message_id == CONF_MESSAGE_ID_PREFIX ? farm->nodes[i].id_prefix
                                                      : farm->nodes[i].tag;
}

static bool
farms_clash(const struct conf_farm *a, const struct conf_farm *b, struct conf_clash *clash)
{
    size_t i, j;

    if (a == b || a->message_id == CONF_MESSAGE_ID_LEARN ||
        b->message_id == CONF_MESSAGE_ID_LEARN)
        return false;
    for (i = 0; i < a->node_count; i++)
        for (j = 0; j < b->node_count; j++)
            if (clashes(text_of(a, i), text_of(b, j))) {
                *clash = (struct conf_clash){{a, b}, {&a->nodes[i], &b->nodes[j]}};
                return true;
            }
    return false;
}

/* Of two routes that are both for whole sessions, one session has one only. */
bool
conf_route_clashes(const struct conf_listener *listener, const struct conf_route *route,
                   struct conf_clash *clash)
{
    const struct conf_route *other = listener->routes;
    bool any = conf_route_is_of_messages(route);

    if (any && farms_clash(route->farm, listener->farm, clash))
        return true;
    for (; other < route; other++)
        if ((any || conf_route_is_of_messages(other)) &&
            farms_clash(route->farm, other->farm, clash))
            return true;
    return false;
}

const struct conf_node *
conf_farm_tags(struct conf_farm *farm, const char **why)
{
    size_t i, j;

    if (farm->message_id == CONF_MESSAGE_ID_LEARN)
        return NULL;
    for (i = 0; i < farm->node_count; i++) {
        *why = "message-id = prefix needs an id-prefix for every node";
        if (farm->message_id == CONF_MESSAGE_ID_PREFIX && farm->nodes[i].id_prefix[0] == '\0')
            return &farm->nodes[i];
        *why = "no tag is left for it: name one, tag = \"a0\"";
        if (farm->message_id == CONF_MESSAGE_ID_TAG && farm->nodes[i].tag[0] == '\0' &&
            !give_tag(farm, i))
            return &farm->nodes[i];
    }
    *why = farm->message_id == CONF_MESSAGE_ID_PREFIX
               ? "another node's id-prefix begins with the same characters"
               : "another node has the same tag";
    for (i = 0; i < farm->node_count; i++)
        for (j = 0; j < i; j++)
            if (clashes(text_of(farm, i), text_of(farm, j)))
                return &farm->nodes[i];
    return NULL;
}
