/* SPDX-License-Identifier: ISC */
#ifndef BASE_ENSURE_H
#define BASE_ENSURE_H

/*
 * Asserts that stay on in production. They state what this program promises
 * itself: a broken one is a bug of ours. Nothing that a peer sends or that a
 * file holds may ever reach one.
 */
#define ensure(cond) \
    ((cond) ? (void)0 : ensure_failed(#cond, __FILE__, __LINE__))

/* Prints the broken promise and its place to stderr and aborts. */
_Noreturn void
ensure_failed(const char *promise, const char *file, int line);

/* The object of `type` whose `member` is at ptr. */
#define container_of(ptr, type, member) \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define MUST_USE __attribute__((warn_unused_result))

#endif
