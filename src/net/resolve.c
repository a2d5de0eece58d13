/* SPDX-License-Identifier: ISC */
/*
 * c-ares on a loop: its descriptors become watchers, its next timeout a timer.
 * A name that is closed while its question is out lives on until c-ares lets
 * go of it. One thread; it knows nothing of what addresses are for.
 */
#include "net/resolve.h"

#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_MS 2000       /* wait for a name server, */
#define QUERY_TRIES 2       /* doubled the second time */
#define RETRY_MS 1000       /* the first pause after a failure; it doubles */
#define RETRY_MAX_MS 30000
#define SERVER_SIZE 64

/* A descriptor of c-ares'. */
struct watch {
    struct watch *next;
    struct grave grave;
    ev_io io;
    int fd;
};

struct resolver {
    struct loop *loop;
    ares_channel channel;
    ev_timer timer;
    struct watch *watches;
};

struct resolve {
    struct resolver *resolver;
    void (*on_result)(struct resolve *resolve, const struct resolve_result *result);
    void *owner;
    uint64_t interval_ms;
    uint64_t retry_ms;
    ev_timer timer;
    bool asking;
    bool closed;
    uint16_t port;
    struct addr addr;       /* len 0: none yet */
    struct grave grave;
    char host[];
};

/* c-ares and the loop */

static void
arm(struct resolver *resolver)
{
    struct timeval left, *wait = ares_timeout(resolver->channel, NULL, &left);

    if (wait == NULL)
        loop_timer_stop(resolver->loop, &resolver->timer);
    else
        loop_timer_start(resolver->loop, &resolver->timer,
                         (uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000 + 1);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct resolver *resolver = timer->data;

    (void)ev;
    (void)revents;
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(resolver);
}

static void
on_io(struct ev_loop *ev, ev_io *io, int revents)
{
    struct resolver *resolver = io->data;

    (void)ev;
    ares_process_fd(resolver->channel, (revents & EV_READ) != 0 ? io->fd : ARES_SOCKET_BAD,
                    (revents & EV_WRITE) != 0 ? io->fd : ARES_SOCKET_BAD);
    arm(resolver);
}

static void
bury_watch(struct grave *grave)
{
    free(container_of(grave, struct watch, grave));
}

static void
forget_watch(struct resolver *resolver, struct watch **place)
{
    struct watch *watch = *place;

    *place = watch->next;
    ev_io_stop(resolver->loop->ev, &watch->io);
    loop_bury(resolver->loop, &watch->grave, bury_watch);
}

/* c-ares tells what it waits for on fd; nothing: it is about to close it. */
static void
on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = data;
    struct watch **place = &resolver->watches, *watch;

    while (*place != NULL && (*place)->fd != fd)
        place = &(*place)->next;
    if (!readable && !writable) {
        if (*place != NULL)
            forget_watch(resolver, place);
        return;
    }
    if (*place == NULL && (*place = calloc(1, sizeof(*watch))) == NULL)
        return;     /* then the question times out */
    watch = *place;
    watch->fd = fd;
    ev_io_stop(resolver->loop->ev, &watch->io);
    ev_io_init(&watch->io, on_io, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
    watch->io.data = resolver;
    ev_io_start(resolver->loop->ev, &watch->io);
}

static int
set_server(ares_channel channel, const char *server)
{
    char text[SERVER_SIZE];
    const char *colon = strchr(server, ':');
    bool bare = colon != NULL && strchr(colon + 1, ':') != NULL && server[0] != '[';

    if (server[0] == '\0')
        return ARES_SUCCESS;
    snprintf(text, sizeof(text), bare ? "[%s]:53" : "%s", server);
    return ares_set_servers_ports_csv(channel, text);
}

static int
open_channel(struct resolver *resolver, const char *server)
{
    struct ares_options options = {
        .timeout = QUERY_MS,
        .tries = QUERY_TRIES,
        .lookups = (char[]){"fb"},
        .sock_state_cb = on_socket,
        .sock_state_cb_data = resolver,
    };
    int error = ares_library_init(ARES_LIB_INIT_ALL);

    if (error == ARES_SUCCESS)
        error = ares_init_options(&resolver->channel, &options,
                                  ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                                      ARES_OPT_SOCK_STATE_CB);
    if (error == ARES_SUCCESS) {
        error = set_server(resolver->channel, server);
        if (error != ARES_SUCCESS)
            ares_destroy(resolver->channel);
    }
    return error;
}

struct resolver *
resolver_open(struct loop *loop, const char *server, const char **why)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    int error = ARES_ENOMEM;

    if (resolver != NULL) {
        resolver->loop = loop;
        ev_init(&resolver->timer, on_timer);
        resolver->timer.data = resolver;
        error = open_channel(resolver, server);
    }
    *why = ares_strerror(error);
    if (error == ARES_SUCCESS)
        return resolver;
    free(resolver);
    return NULL;
}

void
resolver_close(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    ares_destroy(resolver->channel);    /* ends all questions */
    while (resolver->watches != NULL)
        forget_watch(resolver, &resolver->watches);
    loop_timer_stop(resolver->loop, &resolver->timer);
    free(resolver);
}

/* Names */

static void
bury(struct grave *grave)
{
    free(container_of(grave, struct resolve, grave));
}

/* False: an address of no use. */
static bool
take(const struct ares_addrinfo_node *node, uint16_t port, struct addr *addr)
{
    if (node->ai_addrlen > sizeof(addr->sa))
        return false;
    *addr = (struct addr){.len = node->ai_addrlen};
    memcpy(&addr->sa, node->ai_addr, node->ai_addrlen);
    if (addr->sa.any.sa_family == AF_INET)
        addr->sa.in4.sin_port = htons(port);
    else if (addr->sa.any.sa_family == AF_INET6)
        addr->sa.in6.sin6_port = htons(port);
    else
        return false;
    return true;
}

/* The name's address from now on: the old one if the answer has it, or else the first. */
static struct addr
choose(const struct resolve *resolve, const struct ares_addrinfo *found, size_t *count)
{
    const struct ares_addrinfo_node *node;
    struct addr chosen = {0}, addr;

    *count = 0;
    for (node = found->nodes; node != NULL; node = node->ai_next) {
        if (!take(node, resolve->port, &addr))
            continue;
        ++*count;
        if (chosen.len == 0 || addr_equal(&addr, &resolve->addr))
            chosen = addr;
    }
    return chosen;
}

/* Pauses grow up to the interval. */
static uint64_t
next_ms(struct resolve *resolve, bool failed)
{
    uint64_t most = resolve->interval_ms > 0 && resolve->interval_ms < RETRY_MAX_MS
                        ? resolve->interval_ms : RETRY_MAX_MS;
    uint64_t pause = resolve->retry_ms < most ? resolve->retry_ms : most;

    if (!failed) {
        resolve->retry_ms = RETRY_MS;
        return resolve->interval_ms;
    }
    resolve->retry_ms = 2 * pause;
    return pause;
}

static void
schedule(struct resolve *resolve, bool failed)
{
    uint64_t ms = next_ms(resolve, failed);

    if (ms > 0)
        loop_timer_start(resolve->resolver->loop, &resolve->timer, loop_jitter(ms));
}

static void
on_answer(void *data, int status, int timeouts, struct ares_addrinfo *found)
{
    struct resolve *resolve = data;
    struct resolve_result result = {.error = status == ARES_SUCCESS ? NULL : ares_strerror(status)};
    struct addr addr = resolve->addr;

    (void)timeouts;
    resolve->asking = false;
    if (result.error == NULL) {
        addr = choose(resolve, found, &result.count);
        if (result.count == 0) {
            addr = resolve->addr;
            result.error = ares_strerror(ARES_ENODATA);
        }
    }
    if (found != NULL)
        ares_freeaddrinfo(found);
    if (resolve->closed) {
        loop_bury(resolve->resolver->loop, &resolve->grave, bury);
        return;
    }
    result.changed = !addr_equal(&addr, &resolve->addr);
    resolve->addr = addr;
    result.addr = addr.len > 0 ? &resolve->addr : NULL;
    schedule(resolve, result.error != NULL);
    resolve->on_result(resolve, &result);
}

static void
ask(struct resolve *resolve)
{
    static const struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_STREAM};

    resolve->asking = true;
    ares_getaddrinfo(resolve->resolver->channel, resolve->host, NULL, &hints, on_answer, resolve);
    arm(resolve->resolver);
}

static void
on_due(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    ask(timer->data);
}

struct resolve *
resolve_open(struct resolver *resolver, const char *host, uint16_t port, uint64_t interval_ms,
             void (*on_result)(struct resolve *resolve, const struct resolve_result *result),
             void *owner)
{
    size_t len = strlen(host);
    struct resolve *resolve = calloc(1, sizeof(*resolve) + len + 1);

    if (resolve == NULL)
        return NULL;
    resolve->resolver = resolver;
    resolve->on_result = on_result;
    resolve->owner = owner;
    resolve->interval_ms = interval_ms;
    resolve->retry_ms = RETRY_MS;
    resolve->port = port;
    memcpy(resolve->host, host, len + 1);
    ev_init(&resolve->timer, on_due);
    resolve->timer.data = resolve;
    loop_timer_start(resolver->loop, &resolve->timer, 0);
    return resolve;
}

void
resolve_close(struct resolve *resolve)
{
    if (resolve == NULL || resolve->closed)
        return;
    resolve->closed = true;
    loop_timer_stop(resolve->resolver->loop, &resolve->timer);
    if (!resolve->asking)
        loop_bury(resolve->resolver->loop, &resolve->grave, bury);
}

void
resolve_hurry(struct resolve *resolve)
{
    if (!resolve->asking)
        loop_timer_start(resolve->resolver->loop, &resolve->timer, 0);
}

void *
resolve_owner(const struct resolve *resolve)
{
    return resolve->owner;
}

const char *
resolve_host(const struct resolve *resolve)
{
    return resolve->host;
}
