/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/ensure.h"
#include "tls/client.h"

/* smpplexctl: what its parts share. */

enum ctl_exit {
    CTL_DONE = 0,
    CTL_FAILED = 1,         /* smpplex refused it, or it could not be done */
    CTL_USAGE = 2,
    CTL_UNREACHED = 3,      /* smpplex could not be asked */
    CTL_NOT_READY = 4,      /* `status`: a farm has no node that is up, or smpplex is ending */
};

#define CTL_SOCKET "/run/smpplex/ctl.sock"
#define CTL_TOKEN_MAX 256

struct ctl {
    const char *server;             /* as it was given */
    struct addr addr;
    struct tls_client *tls;         /* with https://; else NULL */
    const char *ca, *cert, *key;    /* files, or NULL */
    char token[CTL_TOKEN_MAX];      /* "": none */
    bool json;                      /* answers as they are */
    bool color;
    bool follow;
    const char *farm;               /* only this one's nodes, or NULL */
    const char *account;            /* only its sessions, or NULL */
    long limit, offset;             /* of lists; -1: not given */
    unsigned interval_ms;
    /* of a trace */
    const char *node;               /* only what concerns it, or NULL */
    bool text;                      /* of messages, too */
    bool enquire;                   /* enquire_links, too */
    long count;                     /* ends after so many PDUs; -1: not given */
    long seconds;                   /* or after so long; -1: not given */
    char **args;                    /* behind the command */
};

/* The commands. */
#define CTL_COMMAND(name, function, args, args_help, help) enum ctl_exit function(struct ctl *ctl);
#include "tools/ctl_command.def"
#undef CTL_COMMAND

/* smpplexctl: and the words on stderr; returns `end`. */
enum ctl_exit
ctl_complain(enum ctl_exit end, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
