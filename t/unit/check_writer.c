/* SPDX-License-Identifier: ISC */
#include "smpp/writer.h"

#include "smpp/pdu.h"
#include "unit/unit.h"

static size_t
write_all(uint8_t *room, size_t cap)
{
    struct writer w;

    writer_begin(&w, room, cap, SMPP_DATA_SM, 0x58, 77);
    writer_u8(&w, 1);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_cstring(&w, "ab");
    writer_tlv(&w, 0x0424, "xyz", 3);
    writer_bytes(&w, NULL, 0);
    writer_bytes(&w, "!", 1);
    return writer_end(&w);
}

START_TEST(fields_are_written_behind_a_header_with_the_whole_length)
{
    static const uint8_t want[] = {
        0, 0, 0, 34, 0, 0, 1, 3, 0, 0, 0, 0x58, 0, 0, 0, 77,
        1, 2, 3, 4, 5, 6, 7, 'a', 'b', 0, 4, 0x24, 0, 3, 'x', 'y', 'z', '!',
    };
    uint8_t room[64];

    ck_assert_uint_eq(write_all(room, sizeof(room)), sizeof(want));
    ck_assert_mem_eq(room, want, sizeof(want));
}
END_TEST

START_TEST(what_does_not_fit_gives_0_and_writes_nothing_behind_the_room)
{
    uint8_t *room;
    size_t cap;

    for (cap = 0; cap < 34; cap++) {
        room = malloc(cap);
        ck_assert_uint_eq(write_all(room, cap), 0);
        free(room);
    }
    room = malloc(34);
    ck_assert_uint_eq(write_all(room, 34), 34);
    free(room);
}
END_TEST

START_TEST(after_an_overrun_nothing_more_is_written_even_if_it_would_fit)
{
    uint8_t room[20] = {0};
    struct writer w;

    writer_begin(&w, room, sizeof(room), SMPP_UNBIND, 0, 1);
    writer_cstring(&w, "too long");
    writer_u8(&w, 0xEE);
    ck_assert(w.overrun);
    ck_assert_uint_eq(room[16], 0);
    ck_assert_uint_eq(writer_end(&w), 0);
}
END_TEST

START_TEST(a_tlv_of_more_than_65535_octets_is_an_overrun)
{
    static uint8_t room[70000], value[65536];
    struct writer w;

    writer_begin(&w, room, sizeof(room), SMPP_DATA_SM, 0, 1);
    writer_tlv(&w, 0x0424, value, 65536);
    ck_assert_uint_eq(writer_end(&w), 0);
    writer_begin(&w, room, sizeof(room), SMPP_DATA_SM, 0, 1);
    writer_tlv(&w, 0x0424, value, 65535);
    ck_assert_uint_eq(writer_end(&w), 16 + 4 + 65535);
}
END_TEST

UNIT_MAIN("writer", fields_are_written_behind_a_header_with_the_whole_length,
          what_does_not_fit_gives_0_and_writes_nothing_behind_the_room,
          after_an_overrun_nothing_more_is_written_even_if_it_would_fit,
          a_tlv_of_more_than_65535_octets_is_an_overrun)
