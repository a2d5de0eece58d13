/* SPDX-License-Identifier: ISC */
/* What a server of TLS is made of, and what is said of files that are of no use. */
#include <openssl/ssl.h>
#include <sys/resource.h>

#include "tls/server.h"
#include "unit/certificate.h"

static struct tls_error error;

static struct tls_settings
settings(const char *certificate)
{
    return (struct tls_settings){.certificate = certificate, .key = "", .ca = "", .crl = "",
                                 .ciphers = ""};
}

static void
expect(const struct tls_settings *given, const char *keyword, const char *why)
{
    ck_assert_ptr_null(tls_server_new(given, "l", &error));
    ck_assert_str_eq(error.keyword, keyword);
    ck_assert_msg(strstr(error.why, why) != NULL, "%s", error.why);
}

START_TEST(when_a_certificate_ends_is_known)
{
    char path[] = "/tmp/check_server.XXXXXX";
    const struct tls_expiry *expiry;
    struct tls_settings given;
    struct tls_server *server;

    unit_certificate(path, "a.test", 5000);
    given = settings(path);
    server = tls_server_new(&given, "l", &error);
    ck_assert_msg(server != NULL, "%s: %s", error.keyword, error.why);
    expiry = tls_server_expiries(server);
    ck_assert_str_eq(expiry->what, "certificate");
    ck_assert_str_eq(expiry->file, path);
    ck_assert_str_eq(expiry->subject, "CN=a.test");
    ck_assert_int_le(labs(expiry->not_after - time(NULL) - 5000), 5);
    ck_assert_ptr_null(expiry->next);
    ck_assert(tls_server_add(server, &given, &error));
    ck_assert_ptr_nonnull(tls_server_expiries(server)->next);
    ck_assert_ptr_eq(tls_server_ref(server), server);
    tls_server_unref(server);
    tls_server_unref(server);
    tls_server_unref(NULL);
    unlink(path);
}
END_TEST

START_TEST(no_core_is_dumped_with_a_key_in_it)
{
    char path[] = "/tmp/check_server.XXXXXX";
    struct tls_settings given;
    struct rlimit limit;

    unit_certificate(path, "a.test", 5000);
    given = settings(path);
    tls_server_unref(tls_server_new(&given, "l", &error));
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
    unlink(path);
}
END_TEST

START_TEST(what_cannot_be_used_is_told_by_keyword_and_reason)
{
    char path[] = "/tmp/check_server.XXXXXX", other[] = "/tmp/check_server.XXXXXX";
    struct tls_settings given;

    unit_certificate(path, "a.test", 5000);
    unit_certificate(other, "b.test", 5000);
    given = settings("");
    expect(&given, "certificate", "needs one");
    given = settings("/nonexistent");
    expect(&given, "certificate", "No such file or directory");
    given = settings("/dev/null");
    expect(&given, "certificate", "no certificate can be read");
    given = settings(path);
    given.key = other;
    expect(&given, "key", "it is not the certificate's");
    given.key = "/dev/null";
    expect(&given, "key", "no key");
    given = settings(path);
    given.verify = TLS_VERIFY_REQUIRED;
    expect(&given, "verify", "it takes a ca");
    given.ca = "/nonexistent";
    expect(&given, "ca", "No such file or directory");
    given.ca = path;
    given.crl = path;
    expect(&given, "crl", "no revocation list");
    given = settings(path);
    given.ciphers = "nonsense";
    expect(&given, "ciphers", "must be names");
    given.ciphers = "TLS_nonsense";
    expect(&given, "ciphers", "must be names");
    unlink(path);
    unlink(other);
}
END_TEST

START_TEST(ciphers_of_both_kinds_may_be_named)
{
    char path[] = "/tmp/check_server.XXXXXX", all[256] = "";
    struct tls_settings given;
    struct tls_server *server;
    const char *name;
    SSL *ssl;
    int i;

    unit_certificate(path, "a.test", 5000);
    given = settings(path);
    given.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384, TLS_CHACHA20_POLY1305_SHA256";
    server = tls_server_new(&given, "l", &error);
    ck_assert_msg(server != NULL, "%s: %s", error.keyword, error.why);
    ssl = tls_server_ssl(server);
    for (i = 0; (name = SSL_get_cipher_list(ssl, i)) != NULL; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", name);
    ck_assert_str_eq(all, "TLS_CHACHA20_POLY1305_SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ");
    SSL_free(ssl);
    tls_server_unref(server);
    unlink(path);
}
END_TEST

UNIT_MAIN("server",
    when_a_certificate_ends_is_known,
    no_core_is_dumped_with_a_key_in_it,
    what_cannot_be_used_is_told_by_keyword_and_reason,
    ciphers_of_both_kinds_may_be_named)
