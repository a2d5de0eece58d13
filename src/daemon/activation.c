/* SPDX-License-Identifier: ISC */
#include "daemon/activation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listener.h"

#define FIRST_FD 3
#define FDS_MAX 64
#define NAME_SIZE 256

/* At the place of each descriptor, from FIRST_FD on. */
static struct passed {
    char name[NAME_SIZE];
    bool good;              /* a stream that listens */
    bool taken;
} passed[FDS_MAX];

static int count;

static int
number_of(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL ? atoi(text) : 0;
}

static bool
listens(int fd)
{
    int type = 0, accepts = 0;
    socklen_t len = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) == 0 && accepts == 1;
}

static bool
prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flags != -1 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && listens(fd);
}

void
activation_init(void)
{
    const char *names = getenv("LISTEN_FDNAMES");
    size_t len;
    int i;

    count = number_of("LISTEN_PID") == (int)getpid() ? number_of("LISTEN_FDS") : 0;
    count = count < 0 ? 0 : count > FDS_MAX ? FDS_MAX : count;
    for (i = 0; i < count; i++) {
        len = names != NULL ? strcspn(names, ":") : 0;
        snprintf(passed[i].name, NAME_SIZE, "%.*s", (int)len, names != NULL ? names : "");
        names = names != NULL && names[len] == ':' ? names + len + 1 : NULL;
        passed[i].good = prepare(FIRST_FD + i);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static int
take(int i)
{
    passed[i].taken = true;
    return FIRST_FD + i;
}

int
activation_take(const struct conf_listener *listener)
{
    struct addr addr;
    int i;

    for (i = 0; i < count; i++)
        if (passed[i].good && !passed[i].taken && strcmp(passed[i].name, listener->name) == 0)
            return take(i);
    for (i = 0; i < count; i++) {
        addr = listener_address(FIRST_FD + i);
        if (passed[i].good && !passed[i].taken && addr_equal(&addr, &listener->addr))
            return take(i);
    }
    return -1;
}

void
activation_close_rest(void)
{
    int i;

    for (i = 0; i < count; i++)
        if (!passed[i].taken) {
            log_warning(NULL, "a socket that was handed over is no listener's, by name or address "
                        "name=%s", passed[i].name);
            close(FIRST_FD + i);
        }
}

bool
activation_has(int fd)
{
    return fd >= FIRST_FD && fd < FIRST_FD + count && passed[fd - FIRST_FD].taken;
}
