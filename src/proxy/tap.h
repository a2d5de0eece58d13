/* SPDX-License-Identifier: ISC */
#ifndef PROXY_TAP_H
#define PROXY_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/mailbox.h"
#include "proxy/proxy.h"
#include "smpp/pdu.h"

/*
 * A tap is what a trace has at one worker: it copies the PDUs of one account into pages,
 * and hands these on. What comes while no page is free is lost, and counted. Who passes
 * PDUs asks tap_is_on first, which is all that it costs while nothing is traced.
 */

struct branch;
struct link;
struct request;
struct session;

#define TAP_PAGES 4
#define TAP_PAGE_SIZE ((size_t)64 << 10)
#define TAP_NAME_SIZE 64
#define TAP_KEEP 4096       /* octets of a PDU; the rest is not kept */

enum tap_way {
#define TAP_WAY(symbol, name) TAP_##symbol,
#include "proxy/tap_way.def"
#undef TAP_WAY
};

/* What is of interest; "" is all. */
struct tap_filter {
    char account[TAP_NAME_SIZE];    /* a system_id, as the log shows it; never "" */
    char farm[TAP_NAME_SIZE];
    char node[TAP_NAME_SIZE];
    bool enquire;                   /* enquire_links, too */
};

struct tap;

struct tap_page {
    struct mail mail;       /* whoever has the page may send it */
    struct tap *tap;
    struct tap_page *next;  /* whoever has it */
    uint64_t lost;          /* records in front of its first */
    size_t len;
    _Alignas(8) uint8_t bytes[TAP_PAGE_SIZE];
};

struct tap {
    /* constant since tap_open */
    struct proxy *proxy;    /* NULL: it is not open */
    struct tap_filter filter;
    void (*on_page)(struct tap *tap, struct tap_page *page);    /* takes it, by tap_give back */
    void *owner;
    /* this thread's */
    struct tap *next;       /* utlist, in proxy->taps */
    struct tap_page *free;
    struct tap_page *filling;
    uint64_t lost;          /* since the last page was begun */
    ev_timer timer;         /* until what is in the page goes on, full or not */
    struct tap_page pages[TAP_PAGES];
};

/* What is in a page: this, and behind it the texts and octets that it tells of. */
struct tap_record {
    uint64_t at_us;         /* on the loops' clock */
    uint64_t session;       /* its id; 0: none is known */
    int64_t client_number;  /* -1: there is none, or it isn't known */
    int64_t node_number;    /* likewise */
    const char *why;        /* for ever; or NULL */
    enum tap_way way;
    uint32_t size;          /* of all of it, a multiple of 8 */
    uint32_t kept;          /* octets of the PDU; of a note that is about one its header, or 0 */
    uint32_t texts;         /* octets: peer, farm, node and link, each with its NUL */
};

/* A record as it can be read; views into the page. */
struct tap_view {
    struct tap_record record;
    const char *peer, *farm, *node, *link;
    const uint8_t *bytes;   /* record.kept octets of the PDU */
};

/* Seldom called, and to be out of the way of what is called often. */
#define TAP_SELDOM __attribute__((cold))

static inline bool
tap_is_on(const struct proxy *proxy)
{
    return __builtin_expect(proxy->taps != NULL, 0);
}

/*
 * On the worker's thread. The memory of the tap is the caller's, and 0 but for filter,
 * on_page and owner.
 */
void
tap_open(struct tap *tap, struct proxy *proxy);

/* Hands on what it has; no page comes any more. Fine on one that isn't open. */
void
tap_close(struct tap *tap);

/* The page comes back, and is filled anew. */
void
tap_take_back(struct tap_page *page);

/* Sessions of its account that are bound. */
uint32_t
tap_count_sessions(const struct tap *tap);

/* Hands on what all taps have. */
void
tap_flush_all(struct proxy *proxy);

/* On any thread: the record at *at, which goes on to the next; false: that was the last. */
MUST_USE bool
tap_read(const struct tap_page *page, size_t *at, struct tap_view *view);

/* Keeps a record; what of it is reckoned from the rest is set here. */
void
tap_put(struct tap *tap, const struct tap_view *view);

/*
 * What passes: only while tap_is_on.
 */

/* A client has sent it. */
TAP_SELDOM void
tap_from_client(struct session *session, const struct pdu *pdu);

/* It is sent to the client. `link`, or NULL: the node's that it is about, where it has this
 * number, or -1. `why`: a literal; where it is our own, or NULL. */
TAP_SELDOM void
tap_to_client(const struct session *session, const uint8_t *bytes, const struct link *link,
              int64_t node_number, const char *why);

/* A node has sent it. */
TAP_SELDOM void
tap_from_node(const struct link *link, const struct pdu *pdu);

/* It is sent to a node, under this number; its origin is a client's PDU `client_number`, or
 * it is our own: -1. */
TAP_SELDOM void
tap_to_node(const struct link *link, const uint8_t *bytes, uint32_t node_number,
            struct handle session, int64_t client_number, const char *why);

/* A client's request is sent to a node, or it is found just now that memory is short for it. */
TAP_SELDOM void
tap_sent(const struct link *link, const struct request *request, uint32_t node_number);

/* Something is done with a client's request. `link`, or NULL: the one that has to do with it. */
TAP_SELDOM void
tap_request(const struct branch *branch, const struct request *request,
            const struct link *link, int64_t node_number, const char *what);

/* A node's request has to wait. The session may be NULL, and so may the link, but not both. */
TAP_SELDOM void
tap_delivery(const struct session *session, const struct request *request,
             const struct link *link, const char *what);

/* A link is lost, or a session ends. */
TAP_SELDOM void
tap_link(const struct link *link, const char *what);

TAP_SELDOM void
tap_session(const struct session *session, const char *what);

#endif
