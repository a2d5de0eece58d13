/* SPDX-License-Identifier: ISC */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * What all unit tests share. A test program is the tests, each named for what
 * is promised, and one line at its end:
 *
 *     UNIT_MAIN("pdu", a_whole_pdu_is_framed, a_length_under_16_is_bad)
 *
 * It speaks TAP on stdout; each test runs in a process of its own.
 */

static inline int
unit_run(const char *module, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(module);
    TCase *promises = tcase_create(module);
    SRunner *runner;
    int failed;
    size_t i;

    for (i = 0; i < count; i++)
        tcase_add_test(promises, tests[i]);
    tcase_set_timeout(promises, 60);
    suite_add_tcase(suite, promises);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(module, ...) \
    int \
    main(void) \
    { \
        const TTest *const tests[] = {__VA_ARGS__}; \
        return unit_run(module, tests, sizeof(tests) / sizeof(tests[0])); \
    }

/* A copy in memory of exactly n octets, so that a sanitizer sees any read
 * behind its end. The caller frees it. */
static inline uint8_t *
unit_copy(const void *bytes, size_t n)
{
    uint8_t *copy = malloc(n);

    if (copy == NULL && n > 0)
        ck_abort_msg("no memory for a copy");
    if (n > 0)
        memcpy(copy, bytes, n);
    return copy;
}

/* Numbers that look like chance and are the same in every run. */
static inline uint32_t
unit_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
