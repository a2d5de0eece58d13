/* SPDX-License-Identifier: ISC */
#ifndef SMPP_DESCRIBE_H
#define SMPP_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A PDU's body as people read it: its fields by name, in order. Fields that are empty or
 * say nothing are left out; of what lies or is cut short "malformed" says what is wrong,
 * and "rest" has what could not be read. A password is never among them, nor anything that
 * it could be in; the text of a message is only if it is asked for, and so are octets that
 * may be some of it.
 */
struct describe {
    /* `value` is valid within the call; of one name there may be several. */
    void (*on_field)(void *owner, const char *name, const char *value);
    void *owner;
    bool text;
};

/* The PDU begins with its header; of what is less than that nothing is said. Where
 * command_length is more than n, the rest of it has not been kept ("kept" says so). */
void
describe(const struct describe *how, const uint8_t *bytes, size_t n);

#endif
