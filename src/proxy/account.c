/* SPDX-License-Identifier: ISC */
#include "proxy/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "proxy/registry.h"

static void
account_free(struct account *account)
{
    balance_fini(&account->balance);
    if (account->entry != NULL)
        registry_put(account->proxy->registry, account->entry);
    free(account);
}

/* Room for the nodes that there are and for those that a change is about to bring. */
static bool
init_balance(struct account *account)
{
    const struct conf_farm *conf = account->farm->conf;
    const struct conf_farm *next = proxy_next_farm(account->proxy, conf);

    return balance_init(&account->balance, conf, account->farm->shares,
                        registry_serial(account->entry)) &&
           (next == NULL || balance_reserve(&account->balance, next));
}

static struct account *
account_new(struct proxy *proxy, struct farm *farm, struct registry_entry *entry,
            const uint8_t *key, size_t key_len)
{
    struct account *account = calloc(1, sizeof(*account) + key_len);

    if (account == NULL)
        return NULL;
    account->proxy = proxy;
    account->entry = registry_ref(proxy->registry, entry);
    ensure(registry_worker(entry) == proxy->worker);
    account->farm = farm;
    if (!init_balance(account)) {
        account_free(account);
        return NULL;
    }
    account->hash = hash_bytes(key + sizeof(farm), key_len - sizeof(farm), 0);
    account->key_len = key_len;
    memcpy(account->key, key, key_len);
    HASH_ADD_KEYPTR(hh, proxy->accounts, account->key, key_len, account);
    if (account->hh.tbl == NULL) {
        account_free(account);
        return NULL;
    }
    return account;
}

struct account *
account_get(struct proxy *proxy, const struct conf_farm *conf, struct octets system_id,
            struct registry_entry *entry)
{
    struct farm *farm = farm_get(proxy, conf);
    uint8_t key[sizeof(farm) + PDU_MAX_OPEN];
    struct account *account;
    size_t key_len = sizeof(farm) + system_id.len;

    ensure(key_len <= sizeof(key));
    memcpy(key, &farm, sizeof(farm));
    memcpy(key + sizeof(farm), system_id.bytes, system_id.len);
    HASH_FIND(hh, proxy->accounts, key, key_len, account);
    if (account == NULL)
        account = account_new(proxy, farm, entry, key, key_len);
    if (account != NULL)
        account->refs++;
    return account;
}

void
account_put(struct account *account)
{
    struct proxy *proxy = account->proxy;

    ensure(account->refs > 0);
    if (--account->refs > 0)
        return;
    HASH_DELETE(hh, proxy->accounts, account);
    account_free(account);
}
