/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include "unit/unit.h"

static struct slab slab;
static struct buf buf;

static void
put(uint8_t first, size_t n)
{
    uint8_t *room = buf_extend(&buf, &slab, n);
    size_t i;

    ck_assert_ptr_nonnull(room);
    for (i = 0; i < n; i++)
        room[i] = (uint8_t)(first + i);
}

static void
expect(uint8_t first, size_t n)
{
    size_t i;

    ck_assert_uint_ge(buf.len, n);
    for (i = 0; i < n && buf_bytes(&buf)[i] == (uint8_t)(first + i); i++)
        ;
    ck_assert_uint_eq(i, n);
}

START_TEST(octets_come_out_in_the_order_they_went_in)
{
    slab_init(&slab);
    put(0, 3000);
    put((uint8_t)3000, 3000);
    expect(0, 6000);
    buf_consume(&buf, &slab, 2500);
    expect((uint8_t)2500, 3500);
    put((uint8_t)6000, 100);
    expect((uint8_t)2500, 3600);
    buf_clear(&buf, &slab);
    slab_fini(&slab);
}
END_TEST

START_TEST(an_empty_buffer_owns_no_memory)
{
    slab_init(&slab);
    put(0, 10);
    ck_assert_uint_gt(slab.used, 0);
    buf_consume(&buf, &slab, 10);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.cap, 0);
    ck_assert_uint_eq(slab.used, 0);
    put(7, 1);
    buf_clear(&buf, &slab);
    buf_clear(&buf, &slab);
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(what_was_consumed_is_room_again_without_new_memory)
{
    const uint8_t *before;
    size_t cap;

    slab_init(&slab);
    put(0, 2048);
    cap = buf.cap;
    before = buf.data;
    buf_consume(&buf, &slab, cap / 2);
    put((uint8_t)2048, 500);
    ck_assert_ptr_eq(buf.data, before);
    ck_assert_uint_eq(buf.cap, cap);
    expect((uint8_t)(cap / 2), 2048 - cap / 2 + 500);
    buf_clear(&buf, &slab);
    slab_fini(&slab);
}
END_TEST

START_TEST(more_than_slab_max_is_refused_and_changes_nothing)
{
    slab_init(&slab);
    ck_assert_ptr_null(buf_extend(&buf, &slab, SLAB_MAX + 1));
    ck_assert_ptr_null(buf.data);
    put(0, 100);
    ck_assert_ptr_null(buf_extend(&buf, &slab, SLAB_MAX - 99));
    ck_assert_ptr_null(buf_extend(&buf, &slab, SIZE_MAX));
    ck_assert_ptr_null(buf_extend(&buf, &slab, SIZE_MAX - 50));
    ck_assert_uint_eq(buf.len, 100);
    expect(0, 100);
    put(100, SLAB_MAX - 100);
    expect(0, SLAB_MAX);
    ck_assert_ptr_null(buf_extend(&buf, &slab, 1));
    buf_consume(&buf, &slab, 1);
    put((uint8_t)SLAB_MAX, 1);
    expect(1, SLAB_MAX);
    buf_clear(&buf, &slab);
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

START_TEST(a_random_course_of_puts_and_takes_loses_nothing)
{
    uint32_t state = 2775, in = 0, out = 0;
    size_t n;
    int i;

    slab_init(&slab);
    for (i = 0; i < 5000; i++) {
        n = unit_random(&state) % 700;
        if (unit_random(&state) % 2 == 0 && buf.len + n <= 200000) {
            put((uint8_t)in, n);
            in += (uint32_t)n;
        } else {
            n = n < buf.len ? n : buf.len;
            expect((uint8_t)out, n);
            buf_consume(&buf, &slab, n);
            out += (uint32_t)n;
        }
        ck_assert_uint_eq(buf.len, in - out);
    }
    buf_clear(&buf, &slab);
    ck_assert_uint_eq(slab.used, 0);
    slab_fini(&slab);
}
END_TEST

UNIT_MAIN("buf", octets_come_out_in_the_order_they_went_in, an_empty_buffer_owns_no_memory,
          what_was_consumed_is_room_again_without_new_memory,
          more_than_slab_max_is_refused_and_changes_nothing,
          a_random_course_of_puts_and_takes_loses_nothing)
