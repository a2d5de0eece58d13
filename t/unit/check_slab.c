/* SPDX-License-Identifier: ISC */
#include "base/slab.h"

#include "unit/unit.h"

static struct slab slab;

START_TEST(every_size_gets_a_block_that_is_large_enough_and_at_most_half_larger)
{
    size_t size, cap;
    uint8_t *block;

    slab_init(&slab);
    for (size = 0; size <= SLAB_MAX; size += size < 5000 ? 1 : 4093) {
        block = slab_get(&slab, size, &cap);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_ge(cap, size);
        ck_assert(size <= 64 ? cap == 64 : 2 * cap <= 3 * size);
        ck_assert_uint_eq((uintptr_t)block % _Alignof(max_align_t), 0);
        block[0] = block[cap - 1] = 0x5A;
        slab_put(&slab, block, cap);
    }
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(there_are_29_sizes_from_64_octets_to_slab_max)
{
    size_t cap = 0, count = 0;
    void *block;

    slab_init(&slab);
    while (cap < SLAB_MAX) {
        block = slab_get(&slab, cap + 1, &cap);
        ck_assert_ptr_nonnull(block);
        slab_put(&slab, block, cap);
        count++;
    }
    ck_assert_uint_eq(count, SLAB_CLASSES);
    ck_assert_uint_eq(cap, SLAB_MAX);
    slab_fini(&slab);
}
END_TEST

START_TEST(more_than_slab_max_is_refused)
{
    size_t cap;

    slab_init(&slab);
    ck_assert_ptr_null(slab_get(&slab, SLAB_MAX + 1, &cap));
    ck_assert_ptr_null(slab_get(&slab, SIZE_MAX, &cap));
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(blocks_that_are_out_never_overlap)
{
    enum { COUNT = 3000 };
    static struct { uint8_t *bytes; size_t cap; } out[COUNT];
    uint32_t state = 1;
    size_t i, at, round, wrong = 0;

    slab_init(&slab);
    for (round = 0; round < 20000; round++) {
        i = unit_random(&state) % COUNT;
        if (out[i].bytes != NULL) {
            for (at = 0; at < out[i].cap; at += 61)
                wrong += out[i].bytes[at] != (uint8_t)i;
            slab_put(&slab, out[i].bytes, out[i].cap);
            out[i].bytes = NULL;
        } else {
            out[i].bytes = slab_get(&slab, unit_random(&state) % 6000, &out[i].cap);
            ck_assert_ptr_nonnull(out[i].bytes);
            memset(out[i].bytes, (int)(uint8_t)i, out[i].cap);
        }
    }
    for (i = 0; i < COUNT; i++)
        if (out[i].bytes != NULL)
            slab_put(&slab, out[i].bytes, out[i].cap);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(used_counts_the_octets_that_are_out)
{
    size_t small, large;
    void *a, *b;

    slab_init(&slab);
    a = slab_get(&slab, 100, &small);
    b = slab_get(&slab, 100000, &large);
    ck_assert_uint_eq(slab.used, small + large);
    slab_put(&slab, a, small);
    ck_assert_uint_eq(slab.used, large);
    slab_put(&slab, b, large);
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(large_blocks_that_come_back_are_kept_only_up_to_a_bound)
{
    static void *blocks[64];
    size_t cap = 0, i, kept = 0;

    slab_init(&slab);
    for (i = 0; i < 64; i++)
        blocks[i] = slab_get(&slab, SLAB_MAX / 2, &cap);
    for (i = 0; i < 64; i++)
        slab_put(&slab, blocks[i], cap);
    for (i = 0; i < SLAB_CLASSES; i++)
        kept += slab.cached[i];
    ck_assert_uint_le(kept, (size_t)4 << 20);
    slab_fini(&slab);
}
END_TEST

UNIT_MAIN("slab", every_size_gets_a_block_that_is_large_enough_and_at_most_half_larger,
          there_are_29_sizes_from_64_octets_to_slab_max, more_than_slab_max_is_refused,
          blocks_that_are_out_never_overlap, used_counts_the_octets_that_are_out,
          large_blocks_that_come_back_are_kept_only_up_to_a_bound)
