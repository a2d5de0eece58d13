/* SPDX-License-Identifier: ISC */
#include "proxy/proxy.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "proxy/link.h"
#include "proxy/farm.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/session.h"
#include "proxy/stream.h"
#include "proxy/tap.h"

void
proxy_init(struct proxy *proxy, struct loop *loop, struct registry *registry, struct gate *gate,
           uint32_t worker)
{
    memset(proxy, 0, sizeof(*proxy));
    proxy->loop = loop;
    proxy->registry = registry;
    proxy->worker = worker;
    arc4random_buf(proxy->secret, sizeof(proxy->secret));
    proxy->gate = gate;
}

void
proxy_fini(struct proxy *proxy)
{
    ensure(proxy->session_count == 0 && proxy->linkset_count == 0 && proxy->accounts == NULL);
    ensure(proxy->stream_count == 0);
    pipes_fini(&proxy->pipes);
    farm_free_all(proxy);
    free(proxy->route_counts);
    handle_table_fini(&proxy->session_table);
    handle_table_fini(&proxy->link_table);
}

uint64_t
proxy_next_id(struct proxy *proxy)
{
    return proxy->ids++ * proxy->registry->workers + proxy->worker + 1;
}

void
proxy_check_empty(struct proxy *proxy)
{
    if (!proxy->draining || proxy->empty || proxy->session_count > 0 ||
        proxy->linkset_count > 0 || proxy->stream_count > 0)
        return;
    proxy->empty = true;
    proxy->on_empty(proxy);
}

void
proxy_drain(struct proxy *proxy)
{
    struct session *session, *next;

    proxy->draining = true;
    DL_FOREACH_SAFE(proxy->sessions, session, next)
        session_drain(session, SESSION_END_DRAIN);
    pool_drain_all(proxy);
    streams_drain(proxy);
    proxy_check_empty(proxy);
}

void
proxy_stop(struct proxy *proxy)
{
    struct session *session, *next;
    uint32_t i;

    proxy->draining = true;
    DL_FOREACH_SAFE(proxy->sessions, session, next)
        session_give_up(session);
    conn_flush_dirty(proxy->loop);
    DL_FOREACH_SAFE(proxy->sessions, session, next)
        session_abort(session);
    pool_abort_all(proxy);
    streams_stop(proxy);
    /* What is left are links that unbind for sessions which have ended before. */
    for (i = 0; i < proxy->link_table.size; i++)
        if (proxy->link_table.entries[i].object != NULL)
            link_abort(proxy->link_table.entries[i].object);
    tap_flush_all(proxy);
    proxy_check_empty(proxy);
}
