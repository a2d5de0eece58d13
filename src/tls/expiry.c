/* SPDX-License-Identifier: ISC */
/* Notes when certificates and revocation lists end; who looks at it is not known here. */
#include "tls/expiry.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

#define FAR ((time_t)1 << 40)   /* behind any date that can be written */

static time_t
time_of(const ASN1_TIME *asn1)
{
    struct tm tm;

    return asn1 != NULL && ASN1_TIME_to_tm(asn1, &tm) == 1 ? timegm(&tm) : FAR;
}

static char *
text_of(const X509_NAME *name)
{
    char escaped[256];
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes, *text = NULL;
    long len;

    if (out != NULL && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
        len = BIO_get_mem_data(out, &bytes);
        text = strdup(escape(escaped, sizeof(escaped), bytes, len > 0 ? (size_t)len : 0));
    }
    BIO_free(out);
    return text;
}

static bool
add(struct tls_expiry **list, const char *what, const char *file, const X509_NAME *name,
    time_t not_after)
{
    struct tls_expiry *expiry = calloc(1, sizeof(*expiry));

    if (expiry == NULL)
        return false;
    *expiry = (struct tls_expiry){*list, what, strdup(file), text_of(name), not_after};
    *list = expiry;
    return expiry->file != NULL && expiry->subject != NULL;
}

bool
tls_expiry_add_certificate(struct tls_expiry **list, const char *file, SSL_CTX *ctx)
{
    X509 *leaf = SSL_CTX_get0_certificate(ctx);
    STACK_OF(X509) *chain = NULL;
    time_t earliest = time_of(X509_get0_notAfter(leaf)), time;
    int i;

    SSL_CTX_get0_chain_certs(ctx, &chain);
    for (i = 0; i < sk_X509_num(chain); i++) {
        time = time_of(X509_get0_notAfter(sk_X509_value(chain, i)));
        earliest = time < earliest ? time : earliest;
    }
    return add(list, "certificate", file, X509_get_subject_name(leaf), earliest);
}

bool
tls_expiry_add_crls(struct tls_expiry **list, const char *file)
{
    BIO *in = BIO_new_file(file, "r");
    X509_CRL *crl;
    bool ok = in != NULL;

    while (ok && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
        ok = add(list, "crl", file, X509_CRL_get_issuer(crl),
                 time_of(X509_CRL_get0_nextUpdate(crl)));
        X509_CRL_free(crl);
    }
    BIO_free(in);
    return ok;
}

void
tls_expiry_free(struct tls_expiry *list)
{
    struct tls_expiry *expiry;

    while ((expiry = list) != NULL) {
        list = expiry->next;
        free(expiry->file);
        free(expiry->subject);
        free(expiry);
    }
}
