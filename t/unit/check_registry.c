/* SPDX-License-Identifier: ISC */
#include "proxy/registry.h"

#include <stdio.h>

#include "unit/unit.h"

static struct registry registry;

static struct registry_entry *
get(const char *farm, const char *system_id, uint32_t here)
{
    struct octets id = {(const uint8_t *)system_id, strlen(system_id)};
    struct registry_entry *entry = registry_get(&registry, farm, id, here);

    ck_assert_ptr_nonnull(entry);
    return entry;
}

static void
start(uint32_t workers)
{
    ck_assert(registry_init(&registry, workers));
}

START_TEST(all_sessions_of_an_account_meet_at_one_worker)
{
    struct registry_entry *first, *other;
    uint32_t here;

    start(4);
    first = get("f", "acme", 2);
    ck_assert_uint_eq(registry_worker(first), 2);
    for (here = 0; here < 4; here++) {
        other = get("f", "acme", here);
        ck_assert_ptr_eq(other, first);
        registry_put(&registry, other);
    }
    registry_put(&registry, first);
    registry_fini(&registry);
}
END_TEST

START_TEST(the_same_name_on_another_farm_is_another_account)
{
    struct registry_entry *a, *b, *c;

    start(4);
    a = get("f", "gacme", 0);
    b = get("g", "acme", 0);
    c = get("fg", "acme", 0);
    ck_assert(a != b && a != c && b != c);
    registry_put(&registry, a);
    registry_put(&registry, b);
    registry_put(&registry, c);
    registry_fini(&registry);
}
END_TEST

START_TEST(a_new_account_goes_to_the_worker_with_the_least)
{
    struct registry_entry *entries[40];
    uint32_t counts[4] = {0}, i;
    char name[16];

    start(4);
    for (i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "a%u", i);
        entries[i] = get("f", name, 0);
        counts[registry_worker(entries[i])]++;
    }
    for (i = 0; i < 4; i++)
        ck_assert_uint_eq(counts[i], 10);
    for (i = 0; i < 40; i++)
        registry_put(&registry, entries[i]);
    registry_fini(&registry);
}
END_TEST

START_TEST(sessions_count_as_much_as_accounts)
{
    struct registry_entry *heavy[5], *light[5];
    char name[16];
    uint32_t i;

    start(2);
    for (i = 0; i < 5; i++)
        heavy[i] = get("f", "heavy", 0);
    for (i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "light%u", i);
        light[i] = get("f", name, 0);
        ck_assert_uint_eq(registry_worker(light[i]), 1);
    }
    for (i = 0; i < 5; i++) {
        registry_put(&registry, heavy[i]);
        registry_put(&registry, light[i]);
    }
    registry_fini(&registry);
}
END_TEST

START_TEST(an_account_that_nobody_refers_to_is_chosen_anew)
{
    struct registry_entry *entry, *other;

    start(2);
    entry = get("f", "acme", 0);
    ck_assert_uint_eq(registry_worker(entry), 0);
    registry_put(&registry, entry);
    ck_assert_ptr_null(registry.entries);
    other = get("f", "other", 0);
    entry = get("f", "acme", 0);
    ck_assert_uint_eq(registry_worker(entry), 1);
    registry_put(&registry, entry);
    registry_put(&registry, other);
    registry_fini(&registry);
}
END_TEST

#define THREADS 4
#define ROUNDS 20000

static void *
come_and_go(void *arg)
{
    uint32_t random = *(const uint32_t *)arg, here = random % THREADS, i;
    struct registry_entry *entry, *again;
    char name[16];

    for (i = 0; i < ROUNDS; i++) {
        snprintf(name, sizeof(name), "a%u", unit_random(&random) % 8);
        entry = registry_get(&registry, "f", (struct octets){(uint8_t *)name, strlen(name)}, here);
        again = registry_get(&registry, "f", (struct octets){(uint8_t *)name, strlen(name)}, 0);
        if (entry == NULL || entry != again || registry_worker(entry) >= THREADS)
            return arg;
        registry_put(&registry, again);
        registry_put(&registry, entry);
    }
    return NULL;
}

START_TEST(threads_come_and_go)
{
    uint32_t seeds[THREADS] = {1, 2, 3, 4}, i;
    pthread_t threads[THREADS];
    void *result;

    start(THREADS);
    for (i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, &seeds[i]), 0);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &result);
        ck_assert_ptr_null(result);
    }
    ck_assert_ptr_null(registry.entries);
    for (i = 0; i < THREADS; i++)
        ck_assert_uint_eq(registry.loads[i], 0);
    registry_fini(&registry);
}
END_TEST

UNIT_MAIN("registry", all_sessions_of_an_account_meet_at_one_worker,
          the_same_name_on_another_farm_is_another_account,
          a_new_account_goes_to_the_worker_with_the_least, sessions_count_as_much_as_accounts,
          an_account_that_nobody_refers_to_is_chosen_anew, threads_come_and_go)
