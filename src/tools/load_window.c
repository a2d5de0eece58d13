/* SPDX-License-Identifier: ISC */
#include "tools/load_window.h"

#include <stdlib.h>
#include <string.h>

#include "smpp/pdu.h"

#define SIZE_MIN 256
#define SPARE 16        /* binds, enquire_links and unbinds beside the limit */

bool
load_window_init(struct load_window *window, uint64_t limit)
{
    uint32_t size = SIZE_MIN;

    while (size < 4 * (limit + SPARE))
        size *= 2;
    *window = (struct load_window){.mask = size - 1, .next = 1};
    window->slots = calloc(size, sizeof(window->slots[0]));
    return window->slots != NULL;
}

void
load_window_fini(struct load_window *window)
{
    free(window->slots);
}

void
load_window_clear(struct load_window *window, uint32_t first)
{
    memset(window->slots, 0, (window->mask + 1) * sizeof(window->slots[0]));
    window->next = first;
    window->used = 0;
    window->open = 0;
}

static uint32_t
pass_number(struct load_window *window)
{
    uint32_t number = window->next;

    window->next = number == SMPP_NUMBER_MAX ? 1 : number + 1;
    window->used++;
    return number;
}

struct load_open *
load_window_add(struct load_window *window, uint32_t command)
{
    struct load_open *open;
    uint32_t number, tries = 0;

    do {
        ensure(tries++ <= window->mask);
        number = pass_number(window);
        open = &window->slots[number & window->mask];
    } while (open->is_open);
    open->number = number;
    open->command = command;
    open->is_open = true;
    window->open += load_open_counts(open);
    return open;
}

/* Was that number passed since load_window_clear? */
static bool
was_used(const struct load_window *window, uint32_t number)
{
    uint32_t back;

    if (number == 0 || number > SMPP_NUMBER_MAX)
        return false;
    back = window->next > number ? window->next - number
                                 : window->next + (SMPP_NUMBER_MAX - number);
    return back <= window->used;
}

enum load_match
load_window_answer(struct load_window *window, uint32_t number, uint32_t command,
                   struct load_open **open)
{
    struct load_open *slot = &window->slots[number & window->mask];

    if (slot->number != number || number == 0)
        return was_used(window, number) ? LOAD_MATCH_DUPLICATE : LOAD_MATCH_UNEXPECTED;
    if (!pdu_answers(command, slot->command))
        return LOAD_MATCH_UNEXPECTED;
    if (!slot->is_open)
        return LOAD_MATCH_DUPLICATE;
    slot->is_open = false;
    window->open -= load_open_counts(slot);
    *open = slot;
    return LOAD_MATCH_OPEN;
}

const struct load_open *
load_window_forget(struct load_window *window, uint32_t *from)
{
    struct load_open *slot;

    while (window->open > 0 && *from <= window->mask) {
        slot = &window->slots[(*from)++];
        if (slot->is_open && load_open_counts(slot)) {
            slot->is_open = false;
            window->open--;
            return slot;
        }
    }
    return NULL;
}
