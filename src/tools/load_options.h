/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_LOAD_OPTIONS_H
#define TOOLS_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"
#include "smpp/concat.h"
#include "tls/client.h"

#define LOAD_RETRIES_MAX 16         /* statuses of --retry */
#define LOAD_ANSWERS_MAX 16         /* of --deliver-status */
#define LOAD_WINDOW_MAX 65536
#define LOAD_SIZE_MAX 60000

enum load_bind {
    LOAD_BIND_TRX,
    LOAD_BIND_TX,
    LOAD_BIND_RX,
    LOAD_BIND_PAIR,     /* a transmitter and a receiver */
};

/* Where to connect. */
struct load_target {
    struct addr addr;
    const char *text;           /* as it was written */
    struct tls_client *tls;     /* NULL: plain */
};

struct load_account {
    const char *name;
    const char *password;
};

/* A share of the deliver_sm that is answered with this status. */
struct load_answer {
    uint32_t status;
    double percent;
};

/* What the command line asks for. Constant once it is read. */
struct load_options {
    struct load_target *targets;
    size_t n_targets;
    struct load_account *accounts;
    size_t n_accounts;
    uint64_t generated_accounts;
    const char *password;
    uint64_t connections;
    enum load_bind bind;
    bool reconnect;
    bool tls;
    bool no_verify;
    const char *ca;
    const char *cert;
    const char *key;
    const char *sni;
    uint64_t sequence_start;

    uint64_t messages;
    uint64_t duration_ms;
    uint64_t window;
    double rate;
    uint32_t retry[LOAD_RETRIES_MAX];
    size_t n_retry;

    uint64_t size;
    const char *source;
    const char *destination;
    uint64_t destinations;
    bool mark;
    double long_percent;
    unsigned parts_min;
    unsigned parts_max;
    double unfinished_percent;
    enum concat_kind kinds[3];      /* taken in turn */
    unsigned n_kinds;
    bool several;
    bool shuffle;

    bool receipts;
    uint64_t receipt_wait_ms;
    bool id_check;
    uint64_t query;
    uint64_t replace;
    uint64_t cancel;
    bool any_status;
    bool max_gap;
    uint64_t max_gap_ms;            /* 0: none is too long */

    struct load_answer answers[LOAD_ANSWERS_MAX];
    size_t n_answers;
    uint64_t read_slow;
    uint64_t enquire_link_ms;
    uint64_t timeout_ms;
    uint64_t linger_ms;
    uint64_t idle_ms;

    bool progress;
    bool quiet;
    bool json;
    const char *log;
};

enum load_start {
    LOAD_START_RUN,
    LOAD_START_DONE,        /* --help or --version; it is printed */
    LOAD_START_USAGE,       /* stderr says what is wrong */
};

/* Reads the command line; texts in *options are those of argv. */
MUST_USE enum load_start
load_options_read(struct load_options *options, int argc, char *argv[]);

void
load_options_free(struct load_options *options);

#endif
