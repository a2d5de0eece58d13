/* SPDX-License-Identifier: ISC */
/* The `status` section, and the token, which stands in a file of its own. */
#include <stdlib.h>
#include <string.h>

#include "conf/build.h"
#include "conf/read.h"

/* A token goes through a header's line as it is: neither blanks nor control characters. */
static bool
token_is_good(const char *token, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return len >= CONF_TOKEN_MIN && len <= CONF_TOKEN_MAX;
}

/* The first line of the token-file. */
static bool
read_token(cfg_t *section, struct conf_admin *admin)
{
    char line[CONF_TOKEN_MAX + 3], words[128];
    const char *why;

    if (admin->token_file[0] == '\0')
        return true;
    if (!read_first_line(admin->token_file, line, sizeof(line), &why))
        return read_fail_at(section, "token-file", admin->token_file, why);
    snprintf(words, sizeof(words), "its first line must be a token of %d to %d characters without "
             "blanks, such as 'openssl rand -hex 24' gives", CONF_TOKEN_MIN, CONF_TOKEN_MAX);
    if (!token_is_good(line, strlen(line)))
        return read_fail_at(section, "token-file", admin->token_file, words);
    admin->token = strdup(line);
    explicit_bzero(line, sizeof(line));
    return admin->token != NULL || read_fail(section, section->line, "memory is short");
}

bool
read_admin(cfg_t *top, struct conf *conf)
{
    cfg_t *section;
    const char *why;

    if (cfg_size(top, "status") == 0)
        return true;
    section = cfg_getnsec(top, "status", cfg_size(top, "status") - 1);
    if (cfg_size(top, "status") > 1)
        return read_fail(section, read_opened_at(section), "section status is there already");
    if (!conf_admin_alloc(conf))
        return read_fail(section, section->line, "memory is short");
    if (!read_keys(section, KEY_ADMIN, conf->admin))
        return false;
    if (conf->admin->address[0] == '\0' && conf->admin->socket[0] == '\0')
        return read_fail(section, read_opened_at(section), "section status needs an address, a "
                         "socket or both: address = \"127.0.0.1:8080\"");
    if (!conf_admin_resolve(conf->admin, &why))
        return conf->admin->addr.len == 0 && conf->admin->address[0] != '\0'
                   ? read_fail_at(section, "address", conf->admin->address, why)
                   : read_fail_at(section, "socket", conf->admin->socket, why);
    return read_token(section, conf->admin) && read_admin_tls(section, conf->admin);
}
