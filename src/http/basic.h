/* SPDX-License-Identifier: ISC */
#ifndef HTTP_BASIC_H
#define HTTP_BASIC_H

#define HTTP_LOGIN_MAX 511
#define HTTP_BASIC_SIZE 704

/* The value of an Authorization header for "USER:PASSWORD" (RFC 7617), which has at most
 * HTTP_LOGIN_MAX octets: "Basic …"; returns out. */
const char *
http_basic(const char *login, char out[static HTTP_BASIC_SIZE]);

#endif
