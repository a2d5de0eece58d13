/* SPDX-License-Identifier: ISC */
/*
 * A change of configuration in two steps: first all the room that it needs, then
 * the change itself, which can't fail any more.
 */
#include "proxy/follow.h"

#include <utlist.h>

#include "proxy/account.h"
#include "proxy/farm.h"
#include "proxy/linkset.h"
#include "proxy/session.h"
#include "proxy/stream.h"

bool
proxy_reserve(struct proxy *proxy, const struct conf *now, const struct conf *next)
{
    const struct conf_farm *farm;
    struct account *account;
    struct linkset *linkset;
    struct session *session;
    struct farm *its;
    bool ok = true;

    proxy->now = now;
    proxy->next = next;
    LL_FOREACH(proxy->farms, its)
        ok = farm_reserve(its, proxy_next_farm(proxy, its->conf)) && ok;
    for (account = proxy->accounts; account != NULL; account = account->hh.next) {
        farm = proxy_next_farm(proxy, account->farm->conf);
        ok = balance_reserve(&account->balance, farm) && ok;
        DL_FOREACH(account->linksets, linkset)
            ok = linkset_reserve(linkset, farm) && ok;
    }
    DL_FOREACH(proxy->sessions, session)
        ok = branch_reserve(session) && ok;
    return ok;
}

void
proxy_follow(struct proxy *proxy)
{
    const struct conf *now = proxy->now, *next = proxy->next;
    struct account *account, *next_account;
    struct linkset *linkset, *next_linkset;
    struct session *session;
    struct stream *stream;
    struct farm *farm;

    LL_FOREACH(proxy->farms, farm)
        farm_follow(farm, proxy_next_farm(proxy, farm->conf));
    branch_follow_routes(proxy, next, now);
    proxy->conf = next;
    proxy->now = proxy->next = NULL;
    DL_FOREACH(proxy->sessions, session) {
        branch_follow(session);
        session->listener = &next->listeners[session->listener - now->listeners];
        session->window.limit = session->listener->window;
    }
    DL_FOREACH(proxy->streams, stream)
        stream->listener = &next->listeners[stream->listener - now->listeners];
    HASH_ITER(hh, proxy->accounts, account, next_account) {
        balance_follow(&account->balance, account->farm->conf);
        DL_FOREACH_SAFE(account->linksets, linkset, next_linkset)
            linkset_follow(linkset, account->farm->conf);
    }
    DL_FOREACH(proxy->sessions, session)
        branch_open_soon(session);
}

void
proxy_stay(struct proxy *proxy)
{
    struct session *session;

    DL_FOREACH(proxy->sessions, session)
        branch_stay(session);
    proxy->now = proxy->next = NULL;
}
