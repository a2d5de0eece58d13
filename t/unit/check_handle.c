/* SPDX-License-Identifier: ISC */
#include "base/handle.h"

#include "unit/unit.h"

static struct handle_table table;

START_TEST(a_handle_names_its_object_until_it_is_freed)
{
    int object;
    struct handle handle = handle_new(&table, &object);

    ck_assert_uint_ne(handle.generation, 0);
    ck_assert_ptr_eq(handle_object(&table, handle), &object);
    handle_free(&table, handle);
    ck_assert_ptr_null(handle_object(&table, handle));
    handle_table_fini(&table);
}
END_TEST

START_TEST(a_place_that_is_taken_again_has_another_handle)
{
    int first, second;
    struct handle old = handle_new(&table, &first), new;

    handle_free(&table, old);
    new = handle_new(&table, &second);
    ck_assert_uint_eq(new.place, old.place);
    ck_assert_ptr_null(handle_object(&table, old));
    ck_assert_ptr_eq(handle_object(&table, new), &second);
    handle_table_fini(&table);
}
END_TEST

START_TEST(nothing_and_nonsense_name_nothing)
{
    ck_assert_ptr_null(handle_object(&table, (struct handle){0, 0}));
    ck_assert_ptr_null(handle_object(&table, (struct handle){77, 1}));
}
END_TEST

START_TEST(many_objects_keep_their_handles_while_the_table_grows)
{
    enum { COUNT = 5000 };
    static struct handle handles[COUNT];
    static int objects[COUNT];
    size_t i;

    for (i = 0; i < COUNT; i++)
        handles[i] = handle_new(&table, &objects[i]);
    ck_assert_uint_eq(table.used, COUNT);
    for (i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(handle_object(&table, handles[i]), &objects[i]);
    for (i = 0; i < COUNT; i++)
        handle_free(&table, handles[i]);
    ck_assert_uint_eq(table.used, 0);
    handle_table_fini(&table);
}
END_TEST

UNIT_MAIN("handle", a_handle_names_its_object_until_it_is_freed,
          a_place_that_is_taken_again_has_another_handle, nothing_and_nonsense_name_nothing,
          many_objects_keep_their_handles_while_the_table_grows)
