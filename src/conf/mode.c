/* SPDX-License-Identifier: ISC */
/* Which keywords are about SMPP, and so have no meaning in TCP mode. */
#include <string.h>

#include "conf/build.h"

/* A new keyword that is about messages, binds or PDUs belongs here. */
static const struct {
    enum key_section section;
    const char *keyword;
} smpp_only[] = {
    {KEY_FARM, "links"},
    {KEY_FARM, "links-per-node"},
    {KEY_FARM, "linger"},
    {KEY_FARM, "window"},
    {KEY_FARM, "response-timeout"},
    {KEY_FARM, "enquire-link"},
    {KEY_FARM, "enquire-timeout"},
    {KEY_FARM, "max-pdu"},
    {KEY_FARM, "bind-gather"},
    {KEY_FARM, "grace"},
    {KEY_FARM, "redispatch"},
    {KEY_FARM, "busy-status"},
    {KEY_FARM, "retry-on"},
    {KEY_FARM, "rest"},
    {KEY_FARM, "log-in-doubt"},
    {KEY_FARM, "rate"},
    {KEY_FARM, "rate-excess"},
    {KEY_FARM, "concat-place"},
    {KEY_FARM, "concat-loss"},
    {KEY_FARM, "concat-ttl"},
    {KEY_FARM, "concat-linger"},
    {KEY_FARM, "concat-max"},
    {KEY_FARM, "message-id"},
    {KEY_FARM, "learn-max"},
    {KEY_FARM, "sick-on"},
    {KEY_FARM, "sick-share"},
    {KEY_FARM, "sick-window"},
    {KEY_FARM, "max-sessions"},
    {KEY_NODE, "tag"},
    {KEY_NODE, "id-prefix"},
    {KEY_NODE, "max-pdu"},
    {KEY_LISTENER, "window"},
    {KEY_LISTENER, "response-timeout"},
    {KEY_LISTENER, "enquire-link"},
    {KEY_LISTENER, "enquire-timeout"},
    {KEY_LISTENER, "hold"},
    {KEY_LISTENER, "max-pdu"},
    {KEY_LISTENER, "bind-rate"},
    {KEY_LISTENER, "bind-rate-per-address"},
    {KEY_LISTENER, "ban"},
    {KEY_LISTENER, "ban-window"},
    {KEY_LISTENER, "ban-time"},
    {KEY_TLS, "names"},
};

bool
conf_mode_takes(enum conf_mode mode, enum key_section section, const char *keyword)
{
    size_t i;

    if (mode == CONF_MODE_SMPP)
        return true;
    for (i = 0; i < sizeof(smpp_only) / sizeof(smpp_only[0]); i++)
        if (smpp_only[i].section == section && strcmp(smpp_only[i].keyword, keyword) == 0)
            return false;
    return true;
}
