/* SPDX-License-Identifier: ISC */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include "check/check.h"
#include "http/response.h"
#include "http/search.h"
#include "net/conn.h"

/*
 * What check.c and the three kinds of probes share. A kind knows what to say on
 * an open conn and what the answers mean; time, the conn and the owner are
 * check.c's. A probe ends by one call, check_done; what is said after that
 * only parts from the node politely.
 */

struct probe_kind {
    void (*on_open)(struct check *check);
    /* As conn_ops.on_bytes; also after check_done, as long as the conn is open. */
    size_t (*on_bytes)(struct check *check, const uint8_t *bytes, size_t n);
    /* The node has ended its side. Where this is NULL it was too early. */
    void (*on_closed)(struct check *check);
    /* What it waits for, in words. */
    const char *(*awaits)(const struct check *check);
};

extern const struct probe_kind probe_tcp;
extern const struct probe_kind probe_smpp;
extern const struct probe_kind probe_http;

/* How long a node may take to end its side after we have ended ours, ms. */
#define PROBE_LINGER_MS 1000

#define CHECK_DETAIL_SIZE 192

enum probe_smpp_step {
    PROBE_BINDING,
    PROBE_ENQUIRING,
    PROBE_UNBINDING,
};

struct check {
    /* constant */
    struct loop *loop;
    const struct conf_check *conf;
    const struct check_ops *ops;
    void *owner;
    const struct probe_kind *kind;
    bool send_proxy;
    struct tls_client *tls;     /* a reference; NULL: plain */
    /* this thread's */
    struct conn conn;           /* the node's, while probing and a moment longer */
    struct addr addr;           /* the node's; len 0: not known */
    struct addr target;         /* that is probed */
    ev_timer timer;             /* probing: the timeout; else the next probe */
    bool probing;
    bool closed;
    enum check_pace pace;
    uint64_t started_us;        /* the last probe; 0: none yet */
    uint64_t due_us;            /* the next one, while not probing */
    char detail[CHECK_DETAIL_SIZE];
    struct grave grave;
    /* of the probe */
    enum probe_smpp_step step;
    struct response response;
    struct search expect;
    struct search refuse;
};

/* The end of a probe; the first counts. `format` makes the detail. */
void
check_done(struct check *check, enum check_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies to the out buffer; without memory the probe ends. */
void
check_send(struct check *check, const void *bytes, size_t n);

#endif
