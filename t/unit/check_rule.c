/* SPDX-License-Identifier: ISC */
#include "route/rule.h"

#include "unit/unit.h"

static struct octets
octets(const char *text)
{
    return (struct octets){(const uint8_t *)text, strlen(text)};
}

static struct conf_pattern
pattern(const char *text)
{
    size_t len = strcspn(text, "*");

    return (struct conf_pattern){text, (uint32_t)len, *text != '\0' && text[len] == '\0'};
}

static const struct conf_farm farm = {.name = "f"}, other = {.name = "g"};

static struct conf_route
route(const char *system_id, const char *source, const char *destination)
{
    return (struct conf_route){system_id, pattern(source), pattern(destination), &farm};
}

static bool
fits(const char *text, const char *address)
{
    struct conf_pattern its = pattern(text);

    return rule_fits_address(&its, octets(address));
}

START_TEST(an_address_is_that_one_or_begins_so)
{
    ck_assert(fits("4670", "4670") && !fits("4670", "46701") && !fits("4670", "467"));
    ck_assert(fits("4670*", "4670") && fits("4670*", "46701234567"));
    ck_assert(!fits("4670*", "467") && !fits("4670*", "4671") && !fits("4670*", ""));
    ck_assert(fits("*", "") && fits("*", "46") && fits("", "") && fits("", "46"));
    ck_assert(fits("Acme", "Acme") && !fits("Acme", "acme"));
}
END_TEST

START_TEST(an_address_that_is_not_there_is_empty)
{
    struct conf_pattern any = pattern("*"), some = pattern("4*"), one = pattern("46");
    struct octets none = {NULL, 0};

    ck_assert(rule_fits_address(&any, none));
    ck_assert(!rule_fits_address(&some, none));
    ck_assert(!rule_fits_address(&one, none));
}
END_TEST

START_TEST(a_client_is_matched_as_a_file_name_is)
{
    struct conf_route bulk = route("bulk*", "", ""), one = route("x[0-9]?", "", ""),
                      any = route("", "", "46");

    ck_assert(rule_fits_client(&bulk, "bulk") && rule_fits_client(&bulk, "bulk/7"));
    ck_assert(!rule_fits_client(&bulk, "Bulk") && !rule_fits_client(&bulk, ""));
    ck_assert(rule_fits_client(&one, "x7a") && !rule_fits_client(&one, "xa7"));
    ck_assert(rule_fits_client(&any, "") && rule_fits_client(&any, "x"));
}
END_TEST

START_TEST(all_that_a_route_says_must_fit)
{
    struct conf_route both = route("", "99*", "4670*"), source = route("", "99", ""),
                      destination = route("", "", "46*");
    struct octets to = octets("46701"), elsewhere = octets("47");

    ck_assert(rule_fits_message(&both, octets("991"), &to));
    ck_assert(!rule_fits_message(&both, octets("98"), &to));
    ck_assert(!rule_fits_message(&both, octets("991"), &elsewhere));
    ck_assert(rule_fits_message(&source, octets("99"), &elsewhere));
    ck_assert(rule_fits_message(&destination, octets(""), &to));
}
END_TEST

START_TEST(a_message_without_destination_goes_by_its_source)
{
    struct conf_route both = route("", "99*", "*"), source = route("", "99", "");

    ck_assert(rule_fits_message(&source, octets("99"), NULL));
    ck_assert(!rule_fits_message(&source, octets("98"), NULL));
    ck_assert(!rule_fits_message(&both, octets("99"), NULL));
}
END_TEST

START_TEST(equal_routes_say_the_same_and_lead_to_the_same_farm)
{
    struct conf_route a = route("x", "1*", "2"), b = a, elsewhere = a;

    elsewhere.farm = &other;
    ck_assert(rule_equal(&a, &b));
    ck_assert(!rule_equal(&a, &elsewhere));
    b = route("x", "1", "2");
    ck_assert(!rule_equal(&a, &b));
    b = route("", "1*", "2");
    ck_assert(!rule_equal(&a, &b));
}
END_TEST

UNIT_MAIN("rule", an_address_is_that_one_or_begins_so, an_address_that_is_not_there_is_empty,
          a_client_is_matched_as_a_file_name_is, all_that_a_route_says_must_fit,
          a_message_without_destination_goes_by_its_source,
          equal_routes_say_the_same_and_lead_to_the_same_farm)
