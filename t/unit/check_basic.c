/* SPDX-License-Identifier: ISC */
#include "http/basic.h"
#include "unit/unit.h"

START_TEST(a_login_is_encoded)
{
    static const char *const rows[][2] = {
        {"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},   /* RFC 7617, 2 */
        {"test:123\xc2\xa3", "Basic dGVzdDoxMjPCow=="},                  /* RFC 7617, 2.1 */
        {"", "Basic "}, {"f", "Basic Zg=="}, {"fo", "Basic Zm8="}, {"foo", "Basic Zm9v"},
        {"\xfb\xff\xbf", "Basic +/+/"},
    };
    char out[HTTP_BASIC_SIZE];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_str_eq(http_basic(rows[i][0], out), rows[i][1]);
}
END_TEST

START_TEST(the_longest_login_has_room)
{
    char login[HTTP_LOGIN_MAX + 1], *out = malloc(HTTP_BASIC_SIZE);

    memset(login, 'x', HTTP_LOGIN_MAX);
    login[HTTP_LOGIN_MAX] = '\0';
    ck_assert_uint_eq(strlen(http_basic(login, out)), 6 + 4 * ((HTTP_LOGIN_MAX + 2) / 3));
    free(out);
}
END_TEST

UNIT_MAIN("basic", a_login_is_encoded, the_longest_login_has_room)
