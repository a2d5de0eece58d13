/* SPDX-License-Identifier: ISC */
/* Which certificates may bind which system_ids. */
#include "tls/names.h"
#include "unit/unit.h"

static const char *why;

static bool
permits(const char *text, const char *held, const char *system_id)
{
    struct tls_names *names = tls_names_new(text, &why);
    const char *const both[] = {"CN of no use", held};
    bool yes;

    ck_assert_msg(names != NULL, "%s", why);
    yes = tls_names_permit(names, both, held != NULL ? 2 : 0, system_id);
    tls_names_free(names);
    return yes;
}

START_TEST(without_rows_everything_is_permitted)
{
    ck_assert(permits("", "a.test", "acme"));
    ck_assert(permits("", NULL, "acme"));
    ck_assert(permits(" ; \n", NULL, "acme"));
}
END_TEST

START_TEST(a_certificate_binds_what_a_row_of_its_names_says)
{
    static const char text[] = "a.test = acme, acme2; b.test = big ;a.test=third";

    ck_assert(permits(text, "a.test", "acme"));
    ck_assert(permits(text, "a.test", "acme2"));
    ck_assert(permits(text, "a.test", "third"));
    ck_assert(permits(text, "A.Test", "acme"));
    ck_assert(permits(text, "b.test", "big"));
    ck_assert(!permits(text, "a.test", "big"));
    ck_assert(!permits(text, "a.test", "ACME"));
    ck_assert(!permits(text, "a.test", ""));
    ck_assert(!permits(text, "b.test", "acme"));
    ck_assert(!permits(text, "c.test", "acme"));
    ck_assert(!permits(text, "c.test", "unheard"));
}
END_TEST

START_TEST(without_a_certificate_only_what_no_row_speaks_of)
{
    ck_assert(!permits("a.test = acme*", NULL, "acme7"));
    ck_assert(permits("a.test = acme*", NULL, "other"));
}
END_TEST

START_TEST(both_sides_are_patterns)
{
    ck_assert(permits("*.acme.test = acme?", "gw1.acme.test", "acme1"));
    ck_assert(!permits("*.acme.test = acme?", "gw1.acme.test", "acme"));
    ck_assert(!permits("*.acme.test = acme?", "acme.test", "acme1"));
    ck_assert(permits("* = *", "anything", "anything"));
    ck_assert(permits("spiffe://x/=y/z = q", "spiffe://x/=y/z", "q"));
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
    ck_assert_ptr_null(tls_names_new("a.test", &why));
    ck_assert_str_eq(why, "must be NAME = SYSTEM_ID, SYSTEM_ID; NAME = ...");
    ck_assert_ptr_null(tls_names_new("a = b; = c", &why));
    ck_assert_str_eq(why, "there is a row without a name");
    ck_assert_ptr_null(tls_names_new("a = ", &why));
    ck_assert_ptr_null(tls_names_new("a = b,,c", &why));
    ck_assert_str_eq(why, "each name takes one system_id or several with commas between");
    tls_names_free(NULL);
}
END_TEST

UNIT_MAIN("names",
    without_rows_everything_is_permitted,
    a_certificate_binds_what_a_row_of_its_names_says,
    without_a_certificate_only_what_no_row_speaks_of,
    both_sides_are_patterns,
    what_cannot_be_read_is_told)
