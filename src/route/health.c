/* SPDX-License-Identifier: ISC */
#include "route/health.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *id;
    bool alive;
} states[] = {
#define HEALTH(symbol, name, id, alive) {name, id, alive},
#include "route/health_state.def"
#undef HEALTH
};

const char *
health_name(enum health_state state)
{
    return states[state].name;
}

const char *
health_id(enum health_state state)
{
    return states[state].id;
}

bool
health_is_alive(enum health_state state)
{
    return states[state].alive;
}

bool
health_init(struct health *health, size_t n)
{
    memset(health, 0, sizeof(*health));
    health->state = HEALTH_UP;
    health->checks = calloc(n > 0 ? n : 1, sizeof(*health->checks));
    health->check_count = health->checks != NULL ? n : 0;
    return health->checks != NULL;
}

void
health_fini(struct health *health)
{
    free(health->checks);
    memset(health, 0, sizeof(*health));
}

void
health_set_check(struct health *health, size_t check, uint32_t rise, uint32_t fall)
{
    ensure(rise > 0 && fall > 0);
    health->checks[check] = (struct health_check){.rise = rise, .fall = fall, .score = rise};
}

static uint32_t
best(const struct health_check *check)
{
    return check->rise + check->fall - 1;
}

bool
health_check_is_up(const struct health_check *check)
{
    return check->score >= check->rise;
}

/* A step back on the way ends the way: up, the score is the best again; down, nothing. */
static void
step(struct health_check *check, bool passed)
{
    if (passed)
        check->score = check->score + 1 >= check->rise ? best(check) : check->score + 1;
    else
        check->score = check->score > check->rise ? check->score - 1 : 0;
}

static enum health_state
judge(const struct health *health)
{
    const struct health_check *check;
    bool all_up = true, all_well = true, some_rises = true;
    size_t i;

    for (i = 0; i < health->check_count; i++) {
        check = &health->checks[i];
        all_up = all_up && health_check_is_up(check);
        all_well = all_well && (!check->known || check->score >= best(check));
        some_rises = some_rises && check->score > 0;
    }
    if (all_up)
        return all_well ? HEALTH_UP : HEALTH_GOING_DOWN;
    return some_rises ? HEALTH_COMING_UP : HEALTH_DOWN;
}

static bool
enter(struct health *health, enum health_state state)
{
    bool changed = health->state != state;

    health->state = state;
    return changed;
}

bool
health_on_probe(struct health *health, size_t check, bool passed)
{
    health->checks[check].known = true;
    step(&health->checks[check], passed);
    return enter(health, judge(health));
}

bool
health_on_failure(struct health *health)
{
    size_t i;

    for (i = 0; i < health->check_count; i++)
        health->checks[i].score = 0;
    return enter(health, HEALTH_DOWN);
}

bool
health_on_success(struct health *health)
{
    size_t i;

    for (i = 0; i < health->check_count; i++)
        health->checks[i].score = best(&health->checks[i]);
    return enter(health, HEALTH_UP);
}

/* The same check goes on where it was; another begins at the end of that way. */
void
health_go_on(struct health *health, const struct health *from)
{
    const struct health_check *old;
    struct health_check *check;
    size_t i;

    for (i = 0; i < health->check_count; i++) {
        check = &health->checks[i];
        old = i < from->check_count ? &from->checks[i] : NULL;
        if (old != NULL && old->rise == check->rise && old->fall == check->fall)
            *check = *old;
        else
            check->score = health_is_alive(from->state) ? best(check) : 0;
    }
    health->state = from->state;
}

void
health_progress(const struct health *health, uint32_t *done, uint32_t *all)
{
    const struct health_check *check;
    uint32_t its;
    size_t i;

    *done = *all = 0;
    for (i = 0; i < health->check_count; i++) {
        check = &health->checks[i];
        if (health->state == HEALTH_GOING_DOWN && check->known) {
            its = best(check) - check->score;
            if (its >= *done) {
                *done = its;
                *all = check->fall;
            }
        } else if (health->state == HEALTH_COMING_UP && !health_check_is_up(check)) {
            if (*all == 0 || check->rise - check->score > *all - *done) {
                *done = check->score;
                *all = check->rise;
            }
        }
    }
}
