/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_OPTIONS_H
#define TOOLS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ensure.h"

/* What smppsim was told on the command line. */

#define SIM_NAME_SIZE 16    /* bind_resp carries it as system_id, §5.2.1 */
#define SIM_PREFIX_SIZE 33
#define SIM_ERRORS_MAX 8

struct sim_latency {
    uint64_t us;
    bool exponential;   /* `us` is then the mean */
};

enum sim_receipts {
    SIM_RECEIPTS_OFF,
    SIM_RECEIPTS_ASKED,     /* where registered_delivery wants one */
    SIM_RECEIPTS_ON,        /* for every message */
};

enum sim_form {
    SIM_FORM_TEXT = 1,
    SIM_FORM_TLV = 2,
    SIM_FORM_BOTH = SIM_FORM_TEXT | SIM_FORM_TLV,
};

enum sim_ids_form {
    SIM_IDS_COUNTER,
    SIM_IDS_HEX,
    SIM_IDS_DECIMAL10,
    SIM_IDS_PREFIX,
};

struct sim_error {
    uint32_t status;
    double share;       /* 0 to 1 */
};

struct sim_login {
    struct sim_login *next;
    const char *system_id;  /* both in the command line's memory */
    const char *password;
};

struct sim_node_options {
    struct sim_node_options *next;
    char name[SIM_NAME_SIZE];
    struct addr addr;
    struct sim_latency latency;
    struct sim_login *logins;       /* NULL: anybody may bind */
    enum sim_receipts receipts;
    uint64_t receipt_delay_us;
    enum sim_form receipt_form;
    double mo_rate;                 /* messages per second and receiving session */
    double mo_long;                 /* 0 to 1 */
    unsigned mo_window;
    struct sim_error errors[SIM_ERRORS_MAX];
    size_t error_count;
    enum sim_ids_form ids;
    char prefix[SIM_PREFIX_SIZE];
    unsigned window;                /* 0: any number */
    uint32_t bind_status;           /* SMPP_ROK: binds are accepted */
    uint64_t enquire_us;            /* 0: never */
    unsigned max_binds;             /* of one account; 0: any number */
    bool echo;
    bool has_http;
    struct addr http;               /* the administration port */
    const char *http_auth;          /* USER:PASSWORD; NULL: anybody */
    const char *tls_certificate;    /* NULL: plain; in the command line's memory, as are */
    const char *tls_key;
    const char *tls_ca;             /* of clients, which then need a certificate */
};

struct sim_options {
    struct sim_node_options *nodes;
    const char *ready_file;
    const char *log;
    size_t log_text;                /* octets of the text that a log line shows */
    struct addr control;
    bool has_control;
    uint64_t seed;
};

enum sim_usage {
    SIM_USAGE_RUN,
    SIM_USAGE_SHOWN,    /* --help or --version: done */
    SIM_USAGE_WRONG,    /* said on stderr */
};

enum sim_usage
sim_options_parse(struct sim_options *options, int argc, char **argv);

void
sim_options_free(struct sim_options *options);

/* The same words on the command line and on the control socket. */

/* "5ms", "exp:20ms". */
MUST_USE bool
sim_latency_parse(const char *text, struct sim_latency *latency);

/* "10%" or "10". */
MUST_USE bool
sim_share_parse(const char *text, double *share);

/* A whole number that is not above `max`. */
MUST_USE bool
sim_number_parse(const char *text, uint64_t max, uint64_t *number);

#endif
