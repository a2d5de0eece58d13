/* SPDX-License-Identifier: ISC */
#include "proxy/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static struct account *
account_new(struct proxy *proxy, struct farm *farm, const uint8_t *key, size_t key_len)
{
    struct account *account = calloc(1, sizeof(*account) + key_len);

    if (account == NULL ||
        !balance_init(&account->balance, farm->conf, farm->shares, proxy->account_starts)) {
        free(account);
        return NULL;
    }
    proxy->account_starts++;
    account->proxy = proxy;
    account->farm = farm;
    account->hash = hash_bytes(key + sizeof(farm), key_len - sizeof(farm), 0);
    account->key_len = key_len;
    memcpy(account->key, key, key_len);
    HASH_ADD_KEYPTR(hh, proxy->accounts, account->key, key_len, account);
    if (account->hh.tbl == NULL) {
        balance_fini(&account->balance);
        free(account);
        return NULL;
    }
    return account;
}

struct account *
account_get(struct proxy *proxy, const struct conf_farm *conf, struct octets system_id)
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
        account = account_new(proxy, farm, key, key_len);
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
    balance_fini(&account->balance);
    free(account);
}
