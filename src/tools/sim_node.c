/* SPDX-License-Identifier: ISC */
/*
 * A node's door: where it listens, whom it lets in, what chance has for a
 * message, and its accounts. What is said on a connection is sim_session's.
 */
#include "tools/sim_node.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/sim_deliver.h"
#include "tools/sim_session.h"

static void
on_accept(struct listener *listener, int fd, const struct addr *peer)
{
    (void)peer;
    sim_session_open(listener->owner, fd);
}

bool
sim_node_listen(struct sim_node *node)
{
    int fd;

    if (node->listener.fd != -1)
        return true;
    fd = listener_bind(&node->addr);
    if (fd == -1)
        return false;
    node->addr = listener_address(fd);
    listener_open(&node->listener, &node->sim->loop, fd);
    return true;
}

void
sim_node_hear(struct sim_node *node)
{
    int i;

    if (!node->faults.deaf)
        return;
    node->faults.deaf = false;
    for (i = 0; i < SIM_FILLERS; i++)
        if (node->fillers[i] != -1)
            close(node->fillers[i]);
    if (node->listener.fd == -1)
        return;
    (void)listen(node->listener.fd, SOMAXCONN);
    ev_io_start(node->sim->loop.ev, &node->listener.io);
}

bool
sim_node_deafen(struct sim_node *node)
{
    const struct addr *addr = &node->addr;
    int i;

    if (node->faults.deaf)
        return true;
    errno = ENOTCONN;
    if (node->listener.fd == -1 || listen(node->listener.fd, 0) == -1)
        return false;
    ev_io_stop(node->sim->loop.ev, &node->listener.io);
    node->faults.deaf = true;
    for (i = 0; i < SIM_FILLERS; i++) {
        node->fillers[i] = socket(addr->sa.any.sa_family,
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (node->fillers[i] != -1)
            (void)connect(node->fillers[i], &addr->sa.any, addr->len);
    }
    return true;
}

static bool
open_tls(struct sim_node *node, const struct sim_node_options *options)
{
    const struct tls_settings settings = {
        .certificate = options->tls_certificate,
        .key = options->tls_key != NULL ? options->tls_key : "",
        .ca = options->tls_ca != NULL ? options->tls_ca : "",
        .crl = "", .ciphers = "",
        .verify = options->tls_ca != NULL ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE,
        .min_version = TLS_VERSION_1_2,
    };
    struct tls_error error;

    node->tls = tls_server_new(&settings, options->name, &error);
    if (node->tls != NULL)
        return true;
    fprintf(stderr, "smppsim: tls-%s: %s\n", error.keyword, error.why);
    errno = EINVAL;
    return false;
}

bool
sim_node_open(struct sim_node *node, struct sim *sim, const struct sim_node_options *options)
{
    node->sim = sim;
    node->options = options;
    node->addr = options->addr;
    node->latency = options->latency;
    node->listener = (struct listener){
        .on_accept = on_accept, .owner = node, .name = options->name, .fd = -1};
    if (!sim_ids_init(&node->ids, options)) {
        errno = ENOMEM;
        return false;
    }
    if (options->tls_certificate != NULL && !open_tls(node, options))
        return false;
    return sim_node_listen(node) && sim_http_open(node);
}

void
sim_node_close(struct sim_node *node)
{
    struct sim_account *account, *next;

    sim_node_hear(node);
    listener_close(&node->listener);
    sim_http_close(node);
    while (node->sessions != NULL)
        sim_session_close(node->sessions);
    HASH_ITER(hh, node->accounts, account, next) {
        sim_queue_clear(&account->queue, &node->sim->loop.slab);
        HASH_DEL(node->accounts, account);
        free(account);
    }
    sim_ids_fini(&node->ids);
    tls_server_unref(node->tls);
}

struct sim_node *
sim_node_find(struct sim *sim, const char *name)
{
    struct sim_node *node = sim->nodes;

    while (node != NULL && strcmp(node->options->name, name) != 0)
        node = node->next;
    return node;
}

struct sim_account *
sim_node_account(struct sim_node *node, const char *system_id)
{
    struct sim_account *account;
    size_t len = strlen(system_id);

    HASH_FIND(hh, node->accounts, system_id, len, account);
    if (account != NULL)
        return account;
    account = calloc(1, sizeof(*account) + len + 1);
    if (account == NULL)
        return NULL;
    account->node = node;
    sim_queue_init(&account->queue);
    memcpy(account->system_id, system_id, len + 1);
    HASH_ADD_KEYPTR(hh, node->accounts, account->system_id, len, account);
    return account;
}

static uint32_t
check_login(const struct sim_node *node, const char *system_id, const char *password)
{
    const struct sim_login *login = node->options->logins;

    if (login == NULL)
        return SMPP_ROK;
    while (login != NULL && strcmp(login->system_id, system_id) != 0)
        login = login->next;
    if (login == NULL)
        return SMPP_RINVSYSID;
    return strcmp(login->password, password) == 0 ? SMPP_ROK : SMPP_RINVPASWD;
}

uint32_t
sim_node_admit(struct sim_node *node, const char *system_id, const char *password)
{
    const struct sim_node_options *options = node->options;
    uint32_t status = node->faults.bind_status;
    struct sim_account *account;

    if (status == SMPP_ROK)
        status = options->bind_status;
    if (status == SMPP_ROK)
        status = check_login(node, system_id, password);
    if (status != SMPP_ROK || options->max_binds == 0)
        return status;
    account = sim_node_account(node, system_id);
    return account != NULL && account->bound >= options->max_binds ? SMPP_RALYBND : SMPP_ROK;
}

uint32_t
sim_node_chance(struct sim_node *node)
{
    const struct sim_node_options *options = node->options;
    double share;
    size_t i;

    if (options->error_count == 0 && node->faults.error.share <= 0)
        return SMPP_ROK;
    share = sim_random_share(node->sim);
    if (share < node->faults.error.share)
        return node->faults.error.status;
    share -= node->faults.error.share;
    for (i = 0; i < options->error_count; i++) {
        if (share < options->errors[i].share)
            return options->errors[i].status;
        share -= options->errors[i].share;
    }
    return SMPP_ROK;
}

uint64_t
sim_node_latency_us(struct sim_node *node)
{
    if (!node->latency.exponential)
        return node->latency.us;
    return (uint64_t)(-log(1 - sim_random_share(node->sim)) * (double)node->latency.us);
}

void
sim_count_refusal(struct sim_node *node, uint32_t status)
{
    size_t i = 0;

    sim_count(node, SIM_REFUSED);
    while (i < SIM_REFUSALS - 1 && node->refusals[i].count > 0 &&
           node->refusals[i].status != status)
        i++;
    node->refusals[i].status = status;
    node->refusals[i].count++;
}
