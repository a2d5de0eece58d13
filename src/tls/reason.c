/* SPDX-License-Identifier: ISC */
/*
 * OpenSSL's many errors as words of ours, one for each thing that somebody can put
 * right. What is not in the tables keeps OpenSSL's.
 */
#include "tls/reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

struct row {
    long code;
    const char *words;
};

static const struct row certificate[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate not valid yet"},
    {X509_V_ERR_CERT_REVOKED, "certificate revoked"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "certificate self-signed"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "certificate of an unknown CA"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "certificate of an unknown CA"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "certificate of an unknown CA"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "certificate of an unknown CA"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "certificate of another name"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "certificate of another address"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "certificate of a CA without a revocation list here"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "revocation list expired"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "revocation list not valid yet"},
    {X509_V_ERR_INVALID_PURPOSE, "certificate for another purpose"},
};

static const struct row protocol[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "no certificate"},
    {SSL_R_NO_SHARED_CIPHER, "no shared cipher"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no shared signature algorithm"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no shared curve"},
    {SSL_R_NO_SHARED_GROUPS, "no shared curve"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "protocol too old"},
    {SSL_R_VERSION_TOO_LOW, "protocol too old"},
    {SSL_R_WRONG_SSL_VERSION, "protocol too old"},
    {SSL_R_WRONG_VERSION_NUMBER, "something else came"},
    {SSL_R_HTTP_REQUEST, "HTTP came"},
};

static const char *
find(const struct row *rows, size_t n, long code)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (rows[i].code == code)
            return rows[i].words;
    return NULL;
}

static const char *
certificate_reason(const SSL *ssl)
{
    long code = SSL_get_verify_result(ssl);
    const char *words = find(certificate, sizeof(certificate) / sizeof(certificate[0]), code);

    return words != NULL ? words : X509_verify_cert_error_string(code);
}

static const char *
protocol_reason(unsigned long error)
{
    const char *words = find(protocol, sizeof(protocol) / sizeof(protocol[0]),
                             ERR_GET_REASON(error));

    if (words == NULL)
        words = ERR_reason_error_string(error);
    return words != NULL ? words : "unknown";
}

const char *
tls_reason(const SSL *ssl, char *out, size_t size)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);

    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        snprintf(out, size, "%s", certificate_reason(ssl));
    else if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
        snprintf(out, size, "refused by the peer: %s",
                 SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    else
        snprintf(out, size, "%s", protocol_reason(error));
    return out;
}
