/* SPDX-License-Identifier: ISC */
#ifndef TLS_NAMES_H
#define TLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ensure.h"

/*
 * Which certificates may bind which system_ids: rows "NAME = SYSTEM_ID, SYSTEM_ID"
 * with semicolons between them. Both sides are patterns: * and ? stand for what
 * they always do. Pure; it knows no certificates, only their names.
 */
struct tls_names;

/* NULL: *why says what would be right. An empty text is no rows. */
MUST_USE struct tls_names *
tls_names_new(const char *text, const char **why);

/* Fine on NULL. */
void
tls_names_free(struct tls_names *names);

/*
 * May a peer whose certificate has these `n` names (0: it has no certificate) bind
 * that system_id? One with a certificate only what a row of its names says; one
 * without only what no row speaks of. Without rows, anything.
 */
bool
tls_names_permit(const struct tls_names *names, const char *const *held, size_t n,
                 const char *system_id);

#endif
