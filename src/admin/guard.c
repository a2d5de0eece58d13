/* SPDX-License-Identifier: ISC */
#include "admin/guard.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"

#define NAME_SIZE 256

/* Cuts the port off; false: this is no host. */
static bool
host_name(const char *host, char name[static NAME_SIZE])
{
    const char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":");
    size_t len;

    if (end == NULL)
        return false;
    if (host[0] == '[') {
        host++;
        len = (size_t)(end - host);
        end++;
    } else {
        len = (size_t)(end - host);
    }
    if (len == 0 || len >= NAME_SIZE || (*end != '\0' && *end != ':') ||
        (*end == ':' && strspn(end + 1, "0123456789") != strlen(end + 1)))
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return true;
}

bool
guard_host(const char *host, const char *hosts)
{
    char name[NAME_SIZE];
    size_t len;

    if (!host_name(host, name))
        return false;
    if (addr_is_ip(name) || strcasecmp(name, "localhost") == 0)
        return true;
    for (; *hosts != '\0'; hosts += len) {
        hosts += strspn(hosts, " \t,");
        len = strcspn(hosts, " \t,");
        if (len > 0 && len == strlen(name) && strncasecmp(name, hosts, len) == 0)
            return true;
    }
    return false;
}

bool
guard_origin(const char *origin, const char *host)
{
    if (strncasecmp(origin, "http://", 7) == 0)
        origin += 7;
    else if (strncasecmp(origin, "https://", 8) == 0)
        origin += 8;
    else
        return false;
    return strcasecmp(origin, host) == 0;
}

/* The length of the token is no secret; which octet is wrong is one. */
bool
guard_token(const char *authorization, const char *token)
{
    size_t len = strlen(token), i;
    unsigned char different = 0;

    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    authorization += 7 + strspn(authorization + 7, " ");
    if (strlen(authorization) != len)
        return false;
    for (i = 0; i < len; i++)
        different |= (unsigned char)(authorization[i] ^ token[i]);
    return different == 0;
}
