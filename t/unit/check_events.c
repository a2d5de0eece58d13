/* SPDX-License-Identifier: ISC */
/* The ring of events. */
#include <stdio.h>

#include "admin/admin.h"
#include "admin/events.h"
#include "unit/unit.h"

static struct events events;

static size_t
count_after(uint64_t after)
{
    const struct event *event;
    size_t n = 0;

    while ((event = events_after(&events, after)) != NULL) {
        ck_assert_uint_gt(event->id, after);
        after = event->id;
        n++;
    }
    return n;
}

START_TEST(the_last_ones_are_kept)
{
    char who[16];
    unsigned i;

    ck_assert_ptr_null(events_after(&events, 0));
    for (i = 1; i <= 3 * EVENTS_KEPT; i++) {
        snprintf(who, sizeof(who), "f/n%u", i);
        events_add(&events, "node", who, "up", "down", "why");
        ck_assert_uint_eq(events.last, i);
        ck_assert_uint_eq(count_after(0), i < EVENTS_KEPT ? i : EVENTS_KEPT);
    }
    ck_assert_str_eq(events_after(&events, events.last - 1)->who, "f/n768");
    ck_assert_uint_eq(events_after(&events, 0)->id, 2 * EVENTS_KEPT + 1);
    ck_assert_uint_eq(count_after(events.last - 5), 5);
    ck_assert_ptr_null(events_after(&events, events.last));
    ck_assert_ptr_null(events_after(&events, UINT64_MAX));
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[1000];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    events = (struct events){0};
    events_add(&events, text, text, text, text, text);
    ck_assert_uint_eq(strlen(events_after(&events, 0)->why),
                      sizeof(events_after(&events, 0)->why) - 1);
}
END_TEST

START_TEST(a_moment_is_written_in_utc)
{
    char text[ADMIN_TIME_SIZE];

    ck_assert_str_eq(admin_time(0, text), "1970-01-01T00:00:00.000Z");
    ck_assert_str_eq(admin_time(1795414445123, text), "2026-11-23T06:14:05.123Z");
}
END_TEST

UNIT_MAIN("events", the_last_ones_are_kept, long_texts_are_cut, a_moment_is_written_in_utc)
