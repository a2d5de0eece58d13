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

static const struct conf_farm *
counterpart(const struct conf_farm *farm, const struct conf *now, const struct conf *next)
{
    return &next->farms[farm - now->farms];
}

static bool
reserve(struct proxy *proxy, const struct conf *now, const struct conf *next)
{
    const struct conf_farm *farm;
    struct account *account;
    struct linkset *linkset;
    struct farm *its;
    bool ok = true;

    LL_FOREACH(proxy->farms, its)
        ok = farm_reserve(its, counterpart(its->conf, now, next)) && ok;
    for (account = proxy->accounts; account != NULL; account = account->hh.next) {
        farm = counterpart(account->farm->conf, now, next);
        ok = balance_reserve(&account->balance, farm) && ok;
        DL_FOREACH(account->linksets, linkset)
            ok = linkset_reserve(linkset, farm) && ok;
    }
    return ok;
}

bool
proxy_follow(struct proxy *proxy, const struct conf *now, const struct conf *next)
{
    struct account *account, *next_account;
    struct linkset *linkset, *next_linkset;
    struct session *session;
    struct farm *farm;

    if (!reserve(proxy, now, next))
        return false;
    LL_FOREACH(proxy->farms, farm)
        farm_follow(farm, counterpart(farm->conf, now, next));
    DL_FOREACH(proxy->sessions, session) {
        session->listener = &next->listeners[session->listener - now->listeners];
        session->window.limit = session->listener->window;
    }
    HASH_ITER(hh, proxy->accounts, account, next_account) {
        balance_follow(&account->balance, account->farm->conf);
        DL_FOREACH_SAFE(account->linksets, linkset, next_linkset)
            linkset_follow(linkset, account->farm->conf);
    }
    return true;
}
