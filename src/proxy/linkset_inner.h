/* SPDX-License-Identifier: ISC */
#ifndef PROXY_LINKSET_INNER_H
#define PROXY_LINKSET_INNER_H

#include "proxy/linkset.h"

/* What linkset.c, linkset_change.c and linkset_pick.c share, and nobody else uses. */

static inline const struct balance_share *
share_of(const struct link *link)
{
    return &link->at->farm->shares[link->node];
}

/* Does its node take messages? */
static inline bool
has_weight(const struct link *link)
{
    return share_of(link)->weight > 0;
}

/* Opens the link of that place, where its node is still in the file. */
void
linkset_open_link(struct linkset *linkset, size_t place, enum link_start start);

#endif
