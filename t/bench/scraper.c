/* SPDX-License-Identifier: ISC */
/*
 * scraper PORT PATH RATE SECONDS: asks 127.0.0.1:PORT for PATH so many times a second on one
 * connection that is kept, each due at its moment, and prints how long the answers took
 * from then: "count octets p50 p99 max", in microseconds. It costs little itself.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char bytes[1 << 20];

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
sleep_until(int64_t at_us)
{
    struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        continue;
}

/* Octets of one answer; 0: it is none. */
static size_t
ask(int fd, const char *request, size_t len)
{
    size_t got = 0, whole = 0;
    const char *end;
    ssize_t n;

    if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
        return 0;
    do {
        n = recv(fd, bytes + got, sizeof(bytes) - 1 - got, 0);
        if (n <= 0)
            return 0;
        got += (size_t)n;
        bytes[got] = '\0';
        if (whole == 0 && (end = strstr(bytes, "\r\n\r\n")) != NULL) {
            const char *length = strcasestr(bytes, "content-length:");

            if (strncmp(bytes, "HTTP/1.1 200 ", 13) != 0 || length == NULL)
                return 0;
            whole = (size_t)(end + 4 - bytes) + strtoul(length + 15, NULL, 10);
        }
    } while (whole == 0 || got < whole);
    return got;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int
main(int argc, char *argv[])
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int64_t begun, due, *took;
    size_t count, i, octets = 0;
    char request[512];
    int len;

    if (argc != 5)
        return 2;
    addr.sin_port = htons((uint16_t)atoi(argv[1]));
    count = strtoul(argv[3], NULL, 10) * strtoul(argv[4], NULL, 10);
    took = calloc(count, sizeof(*took));
    len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    if (took == NULL || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        return 1;
    begun = now_us();
    for (i = 0; i < count; i++) {
        due = begun + (int64_t)(i * 1000000 / strtoul(argv[3], NULL, 10));
        sleep_until(due);
        octets = ask(fd, request, (size_t)len);
        if (octets == 0)
            return 1;
        took[i] = now_us() - due;
    }
    qsort(took, count, sizeof(*took), compare);
    printf("%zu %zu %lld %lld %lld\n", count, octets, (long long)took[count / 2],
           (long long)took[count * 99 / 100], (long long)took[count - 1]);
    free(took);
    return 0;
}
