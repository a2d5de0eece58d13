/* SPDX-License-Identifier: ISC */
#include "route/health.h"

#include <stdio.h>

#include "unit/unit.h"

static struct health health;

static void
start(size_t checks, uint32_t rise, uint32_t fall)
{
    size_t i;

    ck_assert(health_init(&health, checks));
    for (i = 0; i < checks; i++)
        health_set_check(&health, i, rise, fall);
}

/* The names of the states behind each probe of check 0: '+' passed, '-' failed. */
static const char *
states(const char *probes)
{
    static char text[256];
    bool changed;
    enum health_state was;

    text[0] = '\0';
    for (; *probes != '\0'; probes++) {
        was = health.state;
        changed = health_on_probe(&health, 0, *probes == '+');
        ck_assert(changed == (health.state != was));
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
                 text[0] != '\0' ? ", " : "", health_name(health.state));
    }
    return text;
}

START_TEST(a_new_node_is_up_and_one_failure_takes_it_down)
{
    start(1, 2, 3);
    ck_assert(health_is_alive(health.state));
    ck_assert_str_eq(states("-"), "down");
    health_fini(&health);
}
END_TEST

START_TEST(fall_failures_in_a_row_take_a_node_down)
{
    start(1, 2, 3);
    ck_assert_str_eq(states("+---"), "up, going down, going down, down");
    health_fini(&health);
}
END_TEST

START_TEST(a_success_between_failures_begins_the_count_anew)
{
    start(1, 2, 3);
    ck_assert_str_eq(states("+--+--"),
                     "up, going down, going down, up, going down, going down");
    ck_assert_str_eq(states("-"), "down");
    health_fini(&health);
}
END_TEST

START_TEST(rise_successes_in_a_row_bring_a_node_up)
{
    start(1, 3, 1);
    ck_assert_str_eq(states("-++-+++"),
                     "down, coming up, coming up, down, coming up, coming up, up");
    health_fini(&health);
}
END_TEST

START_TEST(with_rise_and_fall_1_each_probe_decides)
{
    start(1, 1, 1);
    ck_assert_str_eq(states("+-+-"), "up, down, up, down");
    health_fini(&health);
}
END_TEST

START_TEST(a_node_is_up_only_while_all_checks_are)
{
    start(2, 1, 1);
    ck_assert(health_on_probe(&health, 1, false));
    ck_assert_int_eq(health.state, HEALTH_DOWN);
    ck_assert(!health_on_probe(&health, 0, true));
    ck_assert_int_eq(health.state, HEALTH_DOWN);
    ck_assert(health_on_probe(&health, 1, true));
    ck_assert_int_eq(health.state, HEALTH_UP);
    health_fini(&health);
}
END_TEST

START_TEST(a_check_that_was_not_asked_yet_says_nothing)
{
    start(2, 2, 3);
    ck_assert(!health_on_probe(&health, 0, true));
    ck_assert_int_eq(health.state, HEALTH_UP);
    ck_assert(health_on_probe(&health, 1, false));
    ck_assert_int_eq(health.state, HEALTH_DOWN);
    health_fini(&health);
}
END_TEST

START_TEST(traffic_takes_a_node_down_ahead_of_its_checks_which_bring_it_up)
{
    start(1, 2, 3);
    (void)states("+");
    ck_assert(health_on_failure(&health));
    ck_assert(!health_on_failure(&health));
    ck_assert_str_eq(states("++"), "coming up, up");
    ck_assert(health_on_failure(&health));
    ck_assert(health_on_success(&health));
    ck_assert_str_eq(states("-"), "going down");
    health_fini(&health);
}
END_TEST

START_TEST(a_node_without_checks_goes_by_traffic_alone)
{
    start(0, 1, 1);
    ck_assert(health_on_failure(&health));
    ck_assert_int_eq(health.state, HEALTH_DOWN);
    ck_assert(health_on_success(&health));
    ck_assert_int_eq(health.state, HEALTH_UP);
    health_fini(&health);
}
END_TEST

START_TEST(progress_is_that_of_the_check_that_decides)
{
    uint32_t done, all;

    start(2, 3, 4);
    (void)health_on_success(&health);
    health_progress(&health, &done, &all);
    ck_assert_uint_eq(all, 0);
    (void)states("--");
    (void)health_on_probe(&health, 1, false);
    health_progress(&health, &done, &all);
    ck_assert_uint_eq(done, 2);
    ck_assert_uint_eq(all, 4);
    (void)health_on_failure(&health);
    (void)states("++");
    (void)health_on_probe(&health, 1, true);
    ck_assert_int_eq(health.state, HEALTH_COMING_UP);
    health_progress(&health, &done, &all);
    ck_assert_uint_eq(done, 1);
    ck_assert_uint_eq(all, 3);
    health_fini(&health);
}
END_TEST

START_TEST(a_change_of_configuration_loses_no_progress)
{
    struct health was;

    start(1, 3, 3);
    (void)health_on_success(&health);
    (void)states("--");
    was = health;
    start(1, 3, 3);
    health_go_on(&health, &was);
    ck_assert_int_eq(health.state, HEALTH_GOING_DOWN);
    ck_assert_str_eq(states("-"), "down");
    health_fini(&was);
    was = health;
    start(2, 2, 5);
    health_go_on(&health, &was);
    ck_assert_int_eq(health.state, HEALTH_DOWN);
    ck_assert(health_on_success(&health));
    health_fini(&was);
    was = health;
    start(1, 1, 2);
    health_go_on(&health, &was);
    ck_assert_str_eq(states("--"), "going down, down");
    health_fini(&was);
    health_fini(&health);
}
END_TEST

UNIT_MAIN("health", a_new_node_is_up_and_one_failure_takes_it_down,
          fall_failures_in_a_row_take_a_node_down,
          a_success_between_failures_begins_the_count_anew,
          rise_successes_in_a_row_bring_a_node_up, with_rise_and_fall_1_each_probe_decides,
          a_node_is_up_only_while_all_checks_are, a_check_that_was_not_asked_yet_says_nothing,
          traffic_takes_a_node_down_ahead_of_its_checks_which_bring_it_up,
          a_node_without_checks_goes_by_traffic_alone,
          progress_is_that_of_the_check_that_decides,
          a_change_of_configuration_loses_no_progress)
