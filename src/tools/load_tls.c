/* SPDX-License-Identifier: ISC */
#include "tools/load_tls.h"

static bool
make_client(struct load_options *options, struct load_target *target, const char **why)
{
    static struct tls_error error;
    const struct tls_settings settings = {
        .certificate = options->cert != NULL ? options->cert : "",
        .key = options->key != NULL ? options->key : "",
        .ca = options->ca != NULL ? options->ca : "",
        .crl = "", .ciphers = "",
        .verify = options->no_verify ? TLS_VERIFY_NONE : TLS_VERIFY_REQUIRED,
        .min_version = TLS_VERSION_1_2,
    };
    char spare[ADDR_HOST_SIZE];
    const char *host = options->sni != NULL ? options->sni
                                            : addr_host(target->text, "127.0.0.1", spare);

    *why = "memory is short";
    if (target != options->targets) {
        target->tls = tls_client_towards(options->targets[0].tls, host);
    } else {
        target->tls = tls_client_new(&settings, host, &error);
        *why = error.why;
    }
    return target->tls != NULL;
}

bool
load_tls_init(struct load_options *options, const char **why)
{
    size_t i;

    *why = "--ca, --cert, --key, --sni and --no-verify are for use with --tls";
    if (!options->tls)
        return options->ca == NULL && options->cert == NULL && options->key == NULL &&
               options->sni == NULL && !options->no_verify;
    for (i = 0; i < options->n_targets; i++)
        if (!make_client(options, &options->targets[i], why))
            return false;
    return true;
}

void
load_tls_fini(struct load_options *options)
{
    size_t i;

    for (i = 0; i < options->n_targets; i++)
        tls_client_unref(options->targets[i].tls);
}
