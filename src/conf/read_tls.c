/* SPDX-License-Identifier: ISC */
/*
 * The `tls` sections: read into the struct, checked, and made into what connections
 * use, with all files that they name. A file that can't be used is told by the line
 * that names it.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/read.h"

/* At the keyword's line, or where the section begins. */
static bool
fail_at(cfg_t *section, const char *keyword, const char *why)
{
    const cfg_opt_t *opt = cfg_getopt(section, keyword);

    if (read_set_at(section, keyword) != 0)
        return read_fail_at(section, keyword, cfg_opt_getnstr((cfg_opt_t *)opt, 0), why);
    return read_fail(section, read_opened_at(section), "tls: %s: %s", keyword, why);
}

static bool
fail_by(cfg_t *section, const struct tls_error *error)
{
    return fail_at(section, error->keyword, error->why);
}

/* What makes sense only where the peer's certificate is looked at must not stand
 * where it isn't: whoever wrote it believes that it is. */
static bool
check_verify(cfg_t *section, const struct conf_tls *tls)
{
    const struct {
        const char *keyword, *value;
    } rows[] = {{"ca", tls->settings.ca}, {"crl", tls->settings.crl},
                {"names", tls->names != NULL ? tls->names : ""}};
    size_t i;

    if (tls->settings.verify != TLS_VERIFY_NONE)
        return true;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].value[0] != '\0')
            return fail_at(section, rows[i].keyword, "it says nothing with verify = none");
    return true;
}

/*
 * Of a listener, and of the status endpoint.
 */

/* Where the sections of a server go. */
struct place {
    const char *label;
    struct conf_tls **tls;
    size_t *count;
    struct tls_server **server;
    struct tls_names **names;       /* NULL: its clients have no system_id */
};

/* Of a further section, whose certificate is for other names: what it leaves to
 * the first one. */
static bool
check_further(cfg_t *section)
{
    size_t i;

    for (i = 0; i < key_count; i++)
        if (keys[i].section == KEY_TLS && read_set_at(section, keys[i].name) != 0
            && strcmp(keys[i].name, "certificate") != 0 && strcmp(keys[i].name, "key") != 0)
            return read_fail(section, read_set_at(section, keys[i].name),
                             "%s stands in the first tls section, and counts for all",
                             keys[i].name);
    return true;
}

static bool
read_first(cfg_t *section, const struct conf_tls *tls, const struct place *place)
{
    struct tls_error error;
    const char *why;

    if (!check_verify(section, tls))
        return false;
    if (place->names != NULL && (*place->names = tls_names_new(tls->names, &why)) == NULL)
        return fail_at(section, "names", why);
    *place->server = tls_server_new(&tls->settings, place->label, &error);
    return *place->server != NULL || fail_by(section, &error);
}

static bool
read_further(cfg_t *section, const struct conf_tls *tls, const struct place *place)
{
    struct tls_error error;

    return check_further(section)
           && (tls_server_add(*place->server, &tls->settings, &error) || fail_by(section, &error));
}

static bool
read_server(cfg_t *section, const struct place *place)
{
    unsigned i, n = cfg_size(section, "tls");
    struct conf_tls *tls = n > 0 ? calloc(n, sizeof(*tls)) : NULL;
    cfg_t *at;

    if (tls == NULL)
        return n == 0 || read_fail(section, section->line, "memory is short");
    *place->tls = tls;
    *place->count = n;
    for (i = 0; i < n; i++) {
        at = cfg_getnsec(section, "tls", i);
        if (!read_keys(at, KEY_TLS, &tls[i])
            || !(i == 0 ? read_first(at, &tls[i], place) : read_further(at, &tls[i], place)))
            return false;
    }
    return true;
}

bool
read_listener_tls(cfg_t *section, struct conf_listener *listener)
{
    const struct place place = {listener->name, &listener->tls, &listener->tls_count,
                                &listener->tls_server, &listener->tls_names};

    return read_server(section, &place);
}

/* Its socket stays plain, and its clients have no system_id. */
bool
read_admin_tls(cfg_t *section, struct conf_admin *admin)
{
    const struct place place = {"status", &admin->tls, &admin->tls_count, &admin->tls_server,
                                NULL};
    cfg_t *at = cfg_size(section, "tls") > 0 ? cfg_getnsec(section, "tls", 0) : NULL;

    if (at != NULL && admin->addr.len == 0)
        return read_fail(at, read_opened_at(at), "tls is spoken at an address alone, and section "
                         "status has none");
    if (at != NULL && read_set_at(at, "names") != 0)
        return fail_at(at, "names", "clients of the status endpoint have no system_id");
    return read_server(section, &place);
}

/*
 * Of a farm and its nodes.
 */

/* NULL in *tls: there is none. */
static bool
read_settings(cfg_t *section, struct conf_tls **tls)
{
    cfg_t *at;

    if (cfg_size(section, "tls") == 0)
        return true;
    at = cfg_getnsec(section, "tls", cfg_size(section, "tls") - 1);
    if (cfg_size(section, "tls") > 1)
        return read_fail(at, read_opened_at(at), "a %s has one tls section", cfg_name(section));
    *tls = calloc(1, sizeof(**tls));
    if (*tls == NULL)
        return read_fail(section, section->line, "memory is short");
    if (!read_keys(at, KEY_NODE_TLS, *tls) || !check_verify(at, *tls))
        return false;
    if ((*tls)->settings.verify == TLS_VERIFY_OPTIONAL)
        return fail_at(at, "verify", "must be none or required towards a node");
    return true;
}

static bool
make_client(cfg_t *section, const struct conf_tls *tls, const struct conf_node *like,
            struct conf_node *node)
{
    char spare[ADDR_HOST_SIZE];
    const char *host = tls->server_name[0] != '\0'
                           ? tls->server_name : addr_host(node->address, "127.0.0.1", spare);
    struct tls_error error;

    if (host[0] == '\0' && tls->settings.verify != TLS_VERIFY_NONE)
        return read_fail(section, read_opened_at(section),
                         "node '%s' is at a unix socket: tls needs a server-name to verify",
                         node->name);
    if (like == NULL) {
        node->tls_client = tls_client_new(&tls->settings, host, &error);
        return node->tls_client != NULL || fail_by(section, &error);
    }
    node->tls_client = tls_client_towards(like->tls_client, host);
    return node->tls_client != NULL || read_fail(section, section->line, "memory is short");
}

bool
read_farm_tls(cfg_t *section, struct conf_farm *farm)
{
    const struct conf_node *like = NULL;
    struct conf_node *node;
    cfg_t *at;
    unsigned i;
    bool ok = read_settings(section, &farm->tls);

    for (i = 0; ok && i < farm->node_count; i++) {
        node = &farm->nodes[i];
        at = cfg_getnsec(section, "node", i);
        ok = read_settings(at, &node->tls);
        if (ok && node->tls != NULL) {
            ok = make_client(cfg_getnsec(at, "tls", 0), node->tls, NULL, node);
        } else if (ok && farm->tls != NULL) {
            ok = make_client(cfg_getnsec(section, "tls", 0), farm->tls, like, node);
            like = node;
        }
    }
    return ok;
}
