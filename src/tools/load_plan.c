/* SPDX-License-Identifier: ISC */
#include "tools/load_plan.h"

#include <stdlib.h>
#include <string.h>

#define SHARE_UNITS 10000   /* percents are drawn to two places */

/* xorshift64*: the same run each time, and a few instructions. */
uint32_t
load_random(uint64_t *state, uint32_t below)
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return (uint32_t)((x * 0x2545F4914F6CDD1DU >> 32) * below >> 32);
}

/* References begin anywhere: what an earlier run left in a peer must not match. */
bool
load_plan_init(struct load_plan *plan, const struct load_options *options)
{
    size_t i;

    *plan = (struct load_plan){
        .options = options, .limit = options->messages, .random = 0x9E3779B97F4A7C15U,
    };
    plan->references = calloc(options->n_accounts, sizeof(plan->references[0]));
    for (i = 0; plan->references != NULL && i < options->n_accounts; i++)
        plan->references[i] = arc4random();
    return plan->references != NULL;
}

void
load_plan_fini(struct load_plan *plan)
{
    free(plan->references);
}

void
load_plan_start(struct load_plan *plan, uint64_t now_ns)
{
    plan->start_ns = now_ns;
}

uint64_t
load_plan_due(const struct load_plan *plan, uint64_t now_ns)
{
    if (plan->options->rate <= 0)
        return now_ns;
    return plan->start_ns + (uint64_t)((double)plan->next * 1e9 / plan->options->rate);
}

bool
load_plan_is_done(const struct load_plan *plan, uint64_t now_ns)
{
    uint64_t duration_ns = plan->options->duration_ms * 1000000;

    return plan->next >= plan->limit ||
           (duration_ns > 0 && load_plan_due(plan, now_ns) >= plan->start_ns + duration_ns);
}

static bool
draw(struct load_plan *plan, double percent)
{
    return percent > 0 && load_random(&plan->random, SHARE_UNITS) < percent * (SHARE_UNITS / 100);
}

/*
 * How many parts the next message has; in *sent how many of them are sent. One
 * that lacks its last part may lack more of them where the run ends.
 */
static unsigned
draw_total(struct load_plan *plan, unsigned *sent)
{
    const struct load_options *options = plan->options;
    uint64_t left = plan->limit - plan->next;
    bool unfinished = false;
    unsigned total = 1;

    if (draw(plan, options->long_percent)) {
        total = options->parts_min +
                load_random(&plan->random, options->parts_max - options->parts_min + 1);
        unfinished = draw(plan, options->unfinished_percent);
    }
    *sent = total - unfinished;
    if (*sent > left)
        *sent = (unsigned)left;
    return unfinished ? total : *sent;
}

/*
 * The references of an account are counted up; when they come round, the
 * destinations have moved on by one, so that the pair comes round much later.
 */
static void
mark_long(struct load_plan *plan, struct load_part *part)
{
    const struct load_options *options = plan->options;
    uint64_t count = plan->references[part->account]++;
    unsigned bits;

    part->kind = (uint8_t)options->kinds[plan->longs++ % options->n_kinds];
    bits = part->kind == CONCAT_UDH8 ? 8 : 16;
    part->reference = (uint16_t)(count & ((1U << bits) - 1));
    part->destination = (uint32_t)((count + (count >> bits)) % options->destinations);
}

static void
shuffle(struct load_plan *plan, struct load_part *parts, unsigned n)
{
    struct load_part spare;
    unsigned i, j;

    for (i = n - 1; i > 0; i--) {
        j = load_random(&plan->random, i + 1);
        spare = parts[i];
        parts[i] = parts[j];
        parts[j] = spare;
    }
}

unsigned
load_plan_next(struct load_plan *plan, uint16_t account, uint64_t now_ns,
               struct load_part parts[static LOAD_PARTS_MAX])
{
    uint64_t due_ns = load_plan_due(plan, now_ns);
    unsigned total, sent, i;

    if (due_ns > now_ns || load_plan_is_done(plan, now_ns))
        return 0;
    total = draw_total(plan, &sent);
    parts[0] = (struct load_part){
        .due_ns = due_ns, .account = account, .total = (uint8_t)total, .kind = CONCAT_NONE,
        .destination = (uint32_t)(plan->messages++ % plan->options->destinations),
    };
    if (total > 1)
        mark_long(plan, &parts[0]);
    for (i = 0; i < sent; i++) {
        parts[i] = parts[0];
        parts[i].part = (uint8_t)(i + 1);
        parts[i].number = plan->next++;
    }
    if (sent > 1 && (plan->options->shuffle || plan->options->several))
        shuffle(plan, parts, sent);
    return sent;
}
