/* SPDX-License-Identifier: ISC */
/*
 * At most half of the places are taken, so that the next number is free or
 * nearly so even where some requests stay open for long. When the array grows
 * every pending keeps its number: places are numbers modulo the size, and two
 * that differ modulo n differ modulo 2n.
 */
#include "route/window.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 0x7FFFFFFFU
#define FIRST_SIZE 8
#define KEPT_SIZE 64

void
window_init(struct window *window, uint32_t limit, uint32_t first)
{
    memset(window, 0, sizeof(*window));
    window->limit = limit;
    window->next = first & NUMBER_MAX;
}

static void
check_sums(const struct window *window)
{
    uint64_t left = 0;
    unsigned i;

    for (i = 0; i < WINDOW_DOORS; i++)
        left += window->left[i];
    ensure(window->opened == left + window->open);
}

void
window_fini(struct window *window)
{
    check_sums(window);
    ensure(window->open == 0);
    free(window->places);
    window->places = NULL;
    window->size = 0;
}

static bool
grow(struct window *window)
{
    uint32_t size = window->size == 0 ? FIRST_SIZE : 2 * window->size, i;
    struct pending *places = calloc(size, sizeof(*places));

    if (places == NULL)
        return false;
    for (i = 0; i < window->size; i++)
        if (window->places[i].number != 0)
            places[window->places[i].number & (size - 1)] = window->places[i];
    free(window->places);
    window->places = places;
    window->size = size;
    return true;
}

uint32_t
window_number(struct window *window)
{
    uint32_t number;

    do {
        number = window->next;
        window->next = (number + 1) & NUMBER_MAX;
    } while (number == 0 ||
             (window->size > 0 && window->places[number & (window->size - 1)].number != 0));
    return number;
}

struct pending *
window_add(struct window *window)
{
    struct pending *pending;
    uint32_t number;

    if (window_is_full(window) || (2 * window->open >= window->size && !grow(window)))
        return NULL;
    number = window_number(window);
    pending = &window->places[number & (window->size - 1)];
    *pending = (struct pending){.number = number};
    if (window->open++ == 0)
        window->oldest = number;
    if (window->sum != NULL)
        ++*window->sum;
    window->opened++;
    return pending;
}

void
window_take(struct window *window, struct pending *pending, enum window_door door)
{
    ensure(pending->number != 0 && window->open > 0);
    pending->number = 0;
    window->open--;
    if (window->sum != NULL)
        --*window->sum;
    window->left[door]++;
}

void
window_trim(struct window *window)
{
    if (window->open > 0 || window->size <= KEPT_SIZE)
        return;
    free(window->places);
    window->places = NULL;
    window->size = 0;
}

/* How long ago a number was given, in numbers. */
static uint32_t
age(const struct window *window, const struct pending *pending)
{
    return (window->next - pending->number) & NUMBER_MAX;
}

struct pending *
window_oldest(struct window *window)
{
    struct pending *pending;

    if (window->open == 0)
        return NULL;
    while ((pending = window_find(window, window->oldest)) == NULL)
        window->oldest = (window->oldest + 1) & NUMBER_MAX;
    return pending;
}

static int
by_age(const void *a, const void *b, void *window)
{
    uint32_t age_a = age(window, a), age_b = age(window, b);

    return age_a > age_b ? -1 : age_a < age_b;
}

uint32_t
window_line_up(struct window *window)
{
    uint32_t i, n = 0;

    for (i = 0; i < window->size; i++)
        if (window->places[i].number != 0)
            window->places[n++] = window->places[i];
    for (i = n; i < window->size; i++)
        window->places[i].number = 0;
    if (n > 1)
        qsort_r(window->places, n, sizeof(window->places[0]), by_age, window);
    return n;
}
