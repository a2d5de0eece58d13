/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "base/log.h"
#include "tls/client.h"
#include "tls/names.h"
#include "tls/server.h"

/*
 * The configuration: text in, one struct out that never changes after. Whoever
 * keeps it holds a reference; objects point into it for as long.
 */

/* What is spoken between clients and nodes. */
enum conf_mode {
#define MODE(symbol, name, help) CONF_MODE_##symbol,
#include "conf/mode.def"
#undef MODE
};

/* Which node takes the next message or connection. */
enum conf_balance {
#define BALANCE(symbol, name, help) CONF_##symbol,
#include "conf/balance.def"
#undef BALANCE
};

/* Whose links to the nodes are. */
enum conf_links {
#define LINKS(symbol, name, help) CONF_LINKS_##symbol,
#include "conf/links.def"
#undef LINKS
};

/* What becomes of the unanswered requests of a link that is lost. */
enum conf_redispatch {
#define REDISPATCH(symbol, name, help) CONF_REDISPATCH_##symbol,
#include "conf/redispatch.def"
#undef REDISPATCH
};

/* Where the first part of a long message goes. */
enum conf_concat_place {
#define CONCAT_PLACE(symbol, name, help) CONF_CONCAT_PLACE_##symbol,
#include "conf/concat_place.def"
#undef CONCAT_PLACE
};

/* What becomes of a long message whose node is lost in the middle of it. */
enum conf_concat_loss {
#define CONCAT_LOSS(symbol, name, help) CONF_CONCAT_LOSS_##symbol,
#include "conf/concat_loss.def"
#undef CONCAT_LOSS
};

/* How a message_id tells its node. */
enum conf_message_id {
#define MESSAGE_ID(symbol, name, help) CONF_MESSAGE_ID_##symbol,
#include "conf/message_id.def"
#undef MESSAGE_ID
};

/* What becomes of messages above the rate. */
enum conf_rate_excess {
#define RATE_EXCESS(symbol, name, help) CONF_RATE_##symbol,
#include "conf/rate_excess.def"
#undef RATE_EXCESS
};

/* How a check finds out whether a node is well. */
enum conf_check_type {
#define CHECK_TYPE(symbol, name, help) CONF_CHECK_##symbol,
#include "conf/check_type.def"
#undef CHECK_TYPE
};

/* What becomes of the links to a node that goes down. */
enum conf_on_down {
#define ON_DOWN(symbol, name, help) CONF_ON_DOWN_##symbol,
#include "conf/on_down.def"
#undef ON_DOWN
};

/* What becomes of a node that comes back once others have taken over. */
enum conf_fail_back {
#define FAIL_BACK(symbol, name, help) CONF_FAIL_BACK_##symbol,
#include "conf/fail_back.def"
#undef FAIL_BACK
};

/* Whether connections to a listener begin with a PROXY header. */
enum conf_proxy_mode {
#define PROXY_MODE(symbol, name, help) CONF_PROXY_##symbol,
#include "conf/proxy_mode.def"
#undef PROXY_MODE
};

#define CONF_STATUSES_MAX 8

struct conf_statuses {
    uint32_t count;
    uint32_t status[CONF_STATUSES_MAX];     /* command_status */
};

static inline bool
conf_has_status(const struct conf_statuses *statuses, uint32_t status)
{
    uint32_t i;

    for (i = 0; i < statuses->count; i++)
        if (statuses->status[i] == status)
            return true;
    return false;
}

enum conf_check_tls {
#define CHECK_TLS(symbol, name, help) CONF_CHECK_TLS_##symbol,
#include "conf/check_tls.def"
#undef CHECK_TLS
};

struct conf_range {
    uint32_t low, high;     /* both belong to it */
};

/* One way in which nodes are probed. Texts are "" where the file is silent. */
struct conf_check {
    enum conf_check_type type;
    uint32_t port;              /* 0: the node's own */
    const char *address;        /* as it was written */
    struct addr addr;           /* the same, with port 0; its len is 0: the node's */
    enum conf_check_tls tls;
    uint32_t interval_ms;
    uint32_t fast_interval_ms;  /* not above interval_ms */
    uint32_t down_interval_ms;
    uint32_t timeout_ms;
    uint32_t rise;
    uint32_t fall;
    const char *password_file;
    const char *password;       /* as it was written */
    const char *secret;         /* the password, wherever it was found */
    /* smpp */
    const char *system_id;      /* "": no bind */
    const char *system_type;
    /* http */
    const char *user;           /* "": no authentication */
    const char *path;
    const char *host;           /* "": the address that is probed */
    struct conf_range expect_status;
    const char *expect;
    const char *refuse;
};

/* One `tls` section. */
struct conf_tls {
    struct tls_settings settings;
    const char *names;          /* of a listener: as tls_names_new takes it */
    const char *server_name;    /* towards a node: "" is the host of its address */
};

#define CONF_TAG_LEN 2

struct conf_node {
    const char *name;
    const char *address;        /* as it was written */
    struct addr addr;           /* length 0: it has a name, to be looked up */
    const char *host;           /* that name, or NULL */
    uint16_t port;              /* with it */
    uint32_t weight;            /* 0 to 256; 0 takes no new messages */
    bool backup;                /* serves only when no other is up */
    const char *tag;            /* CONF_TAG_LEN characters */
    bool gone;                  /* conf_follow: no longer in the file; its place is kept */
    const char *id_prefix;      /* what its message_ids begin with; "" unless message-id = prefix */
    uint32_t max_pdu;           /* octets; the farm's unless the node has its own, as is */
    bool send_proxy;            /* whether connections to it begin with a PROXY header */
    struct conf_check *checks;  /* in place of the farm's, if there is one */
    size_t check_count;
    struct conf_tls *tls;       /* in place of the farm's; NULL: none */
    struct tls_client *tls_client;  /* a reference; NULL: TLS is not spoken */
};

struct conf_farm {
    const char *name;
    const char *group;              /* the same for all farms that routes join; a farm's name */
    enum conf_mode mode;
    enum conf_balance balance;
    struct conf_node *nodes;
    size_t node_count;
    enum conf_links links;
    uint32_t links_per_node;        /* where sessions share them; else it is one */
    uint32_t linger_ms;             /* shared links are kept so long for the next session */
    /* towards the nodes; times in milliseconds */
    uint32_t window;                /* requests unanswered on one link */
    uint32_t connect_timeout_ms;    /* connect and bind, in all */
    uint32_t response_timeout_ms;
    uint32_t enquire_link_ms;       /* idle time before we ask; 0: never */
    uint32_t enquire_timeout_ms;    /* then the link is lost */
    uint32_t reconnect_ms;          /* first pause before a link is opened again */
    uint32_t reconnect_max_ms;      /* the pause doubles up to here */
    uint32_t max_pdu;               /* octets; of nodes without their own */
    uint32_t max_pdu_up;            /* what all of its nodes take */
    bool send_proxy;                /* of nodes without their own */
    /* between clients and nodes */
    uint32_t bind_gather_ms;
    uint32_t grace_ms;
    uint32_t queue_timeout_ms;
    enum conf_redispatch redispatch;
    uint32_t redispatch_max;        /* times that one request is moved */
    uint32_t busy_status;           /* command_status */
    struct conf_statuses retry_on;  /* responses upon which another node is tried */
    uint32_t rest_ms;               /* then their node gets no new messages for so long */
    bool log_in_doubt;              /* a line for each request that may be done twice */
    uint32_t rate;                  /* messages a second of one account; 0: no limit */
    enum conf_rate_excess rate_excess;
    uint32_t max_sessions;          /* of one account; 0: no limit */
    /* long messages */
    enum conf_concat_place concat_place;
    enum conf_concat_loss concat_loss;
    uint32_t concat_ttl_ms;         /* a set is kept so long after its last part */
    uint32_t concat_linger_ms;      /* and so long once all parts are accepted */
    uint32_t concat_max;            /* sets */
    /* message ids */
    enum conf_message_id message_id;
    uint32_t learn_max;             /* ids remembered */
    /* the health of its nodes */
    struct conf_check *checks;      /* of all nodes that have none of their own */
    size_t check_count;
    enum conf_on_down on_down;
    enum conf_fail_back fail_back;
    uint32_t slow_start_ms;         /* until one that came back has its whole weight */
    uint32_t error_limit;           /* failures of links in a row; 0: no limit */
    struct conf_statuses sick_on;   /* responses that say that the node is sick */
    uint32_t sick_share;            /* percent of the responses of a sick_window */
    uint32_t sick_window_ms;
    uint32_t resolve_ms;            /* host names of nodes are asked again; 0: never */
    struct conf_tls *tls;           /* of nodes without their own; NULL: none */
};

/* What an address must be, or begin with. */
struct conf_pattern {
    const char *text;               /* as it was written; "": any address */
    uint32_t len;                   /* octets of it to be compared */
    bool exact;                     /* nothing may stand behind them */
};

/* A rule by which a listener's sessions, or single messages of theirs, go to a farm. */
struct conf_route {
    const char *system_id;          /* a glob, as fnmatch(3) takes it; "": any */
    struct conf_pattern source;
    struct conf_pattern destination;
    const struct conf_farm *farm;
};

/* Does it look at single messages? */
static inline bool
conf_route_is_of_messages(const struct conf_route *route)
{
    return route->source.text[0] != '\0' || route->destination.text[0] != '\0';
}

#define CONF_ROUTES_MAX 64          /* of a listener */

struct conf_listener {
    uint32_t index;                 /* its place; kept by conf_follow */
    const char *name;
    const char *address;
    struct addr addr;
    const struct conf_farm *farm;   /* of what no route fits */
    enum conf_mode mode;            /* its farm's */
    struct conf_route *routes;      /* the first that fits decides */
    size_t route_count;
    /* towards the clients */
    uint32_t bind_timeout_ms;       /* from accept to a whole bind */
    uint32_t window;                /* deliver_sm and the like unanswered by one client */
    uint32_t response_timeout_ms;
    uint32_t enquire_link_ms;       /* 0: never */
    uint32_t enquire_timeout_ms;
    uint32_t inactivity_timeout_ms; /* no PDU but enquire_link for so long; 0: no limit */
    uint32_t hold;                  /* octets of a session that wait for a node's window */
    uint32_t max_pdu;
    /* who is let in; numbers of 0 are no limit */
    enum conf_proxy_mode proxy_protocol;
    struct cidr_list proxy_from;
    struct cidr_list deny;
    struct cidr_list allow;         /* empty: all that aren't denied */
    uint32_t max_connections;
    uint32_t max_per_address;
    uint32_t bind_rate;             /* a second, in all */
    uint32_t bind_rate_per_address;
    uint32_t ban;                   /* failed binds within ban_window_ms */
    uint32_t ban_window_ms;
    uint32_t ban_time_ms;
    /* TLS, where it is spoken */
    struct conf_tls *tls;           /* the first has all, the others certificates */
    size_t tls_count;
    struct tls_server *tls_server;  /* a reference; NULL: TLS is not spoken */
    struct tls_names *tls_names;
};

#define CONF_TOKEN_MIN 16
#define CONF_TOKEN_MAX 255

/* The status endpoint. Texts are "" where the file is silent; address or socket is there. */
struct conf_admin {
    const char *address;        /* as it was written */
    struct addr addr;           /* its len is 0: none */
    const char *socket;         /* a path */
    struct addr socket_addr;    /* its len is 0: none */
    const char *socket_group;   /* "": the socket is its owner's alone */
    const char *token_file;
    const char *token;          /* what the file holds, or NULL */
    const char *hosts;
    uint32_t max_connections;
    uint32_t timeout_ms;
    /* TLS at the address, where it is spoken; the socket is plain */
    struct conf_tls *tls;       /* as a listener's */
    size_t tls_count;
    struct tls_server *tls_server;  /* a reference; NULL: TLS is not spoken */
};

struct conf {
    _Atomic unsigned refs;
    const char *log_target;         /* as log_open takes it */
    enum log_level log_level;
    uint32_t workers;               /* threads that carry messages */
    bool cpu_affinity;              /* each stays on a processor of its own */
    uint32_t drain_timeout_ms;      /* SIGTERM: the longest wait for what is open */
    uint32_t max_connections;       /* of all listeners; 0: no limit */
    const char *user;               /* "": as it was started */
    const char *group;              /* "": the user's */
    const char *chroot;             /* "": none */
    bool seccomp;
    const char *resolver;           /* IP or IP:PORT of a name server; "": the system's */
    struct conf_farm *farms;
    size_t farm_count;
    struct conf_listener *listeners;
    size_t listener_count;
    struct conf_admin *admin;       /* NULL: no status endpoint */
};

/* What the form without a file says: --listen, --node, --status. */
struct conf_options {
    const char *const *listen;      /* ADDR:PORT or PORT, NULL at the end */
    const char *const *node;        /* the same */
    const char *status;             /* ADDR:PORT, PORT or unix:PATH, or NULL */
};

#define CONF_ERROR_SIZE 1024

/*
 * Reads and checks a file. NULL: `error` says file, line, keyword and what would
 * be right. The caller owns the reference.
 */
MUST_USE struct conf *
conf_read(const char *path, char error[static CONF_ERROR_SIZE]);

/* The configuration of `smpplex --listen … --node …`: one farm "default" with
 * nodes "node1", "node2" …, a listener for each --listen, and a status endpoint
 * where --status asks for one. */
MUST_USE struct conf *
conf_from_options(const struct conf_options *options, char error[static CONF_ERROR_SIZE]);

/*
 * Makes `next` ready to take the place of `now` while running: farms, listeners and
 * nodes come to stand in the same places, so that what knows a node by its index
 * goes on. A node is the same by name and address; one that `next` does not have
 * keeps its place, with weight 0 and `gone`; new ones come behind.
 * False: `error` says what can't be changed while running.
 */
MUST_USE bool
conf_follow(struct conf *next, const struct conf *now, char error[static CONF_ERROR_SIZE]);

struct conf *
conf_ref(struct conf *conf);

/* Frees it with the last reference; fine on NULL. */
void
conf_unref(struct conf *conf);

/* Writes the whole effective configuration, defaults included, in a form that
 * conf_read reads. */
void
conf_print(const struct conf *conf, FILE *out);

const char *
conf_mode_name(enum conf_mode mode);

const char *
conf_balance_name(enum conf_balance balance);

const char *
conf_check_type_name(enum conf_check_type type);

/* Have both the same address, or the same name of a host? */
bool
conf_node_is_at(const struct conf_node *a, const struct conf_node *b);

/* What such a check of this node speaks TLS by; NULL: it doesn't. */
static inline struct tls_client *
conf_check_client(const struct conf_check *check, const struct conf_node *node)
{
    bool elsewhere = check->port != 0 || check->addr.len != 0;

    if (check->tls == CONF_CHECK_TLS_NO || (check->tls == CONF_CHECK_TLS_NODE && elsewhere))
        return NULL;
    return node->tls_client;
}

/* Do such checks of this node begin with a PROXY header? */
static inline bool
conf_check_sends_proxy(const struct conf_check *check, const struct conf_node *node)
{
    return node->send_proxy && check->port == 0 && check->addr.len == 0;
}

/* The checks by which this node is probed: its own, or else its farm's. */
static inline const struct conf_check *
conf_node_checks(const struct conf_farm *farm, const struct conf_node *node, size_t *count)
{
    *count = node->check_count > 0 ? node->check_count : farm->check_count;
    return node->check_count > 0 ? node->checks : farm->checks;
}

#endif
