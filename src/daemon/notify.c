/* SPDX-License-Identifier: ISC */
#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static int notify_fd = -1;

/* A path, or behind an @ an abstract name. 0: it is neither. */
static socklen_t
make_address(const char *path, struct sockaddr_un *addr)
{
    size_t len = strlen(path);

    if ((path[0] != '/' && path[0] != '@') || len >= sizeof(addr->sun_path))
        return 0;
    memset(addr, 0, sizeof(*addr));
    addr->sun_family = AF_UNIX;
    memcpy(addr->sun_path, path, len);
    if (path[0] == '@')
        addr->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
}

void
notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr;
    socklen_t len = path != NULL ? make_address(path, &addr) : 0;

    if (len == 0)
        return;
    notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify_fd != -1 && connect(notify_fd, (const struct sockaddr *)&addr, len) == 0)
        return;
    log_warning(NULL, "the service manager can't be told anything error=\"%s\"", strerror(errno));
    notify_close();
}

void
notify(const char *state)
{
    if (notify_fd != -1)
        (void)send(notify_fd, state, strlen(state), MSG_NOSIGNAL);
}

void
notify_reloading(void)
{
    struct timespec now;
    char text[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    notify(text);
}

void
notify_close(void)
{
    if (notify_fd != -1)
        close(notify_fd);
    notify_fd = -1;
}
