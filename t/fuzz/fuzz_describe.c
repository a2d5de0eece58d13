/* SPDX-License-Identifier: ISC */
/*
 * Any octets as one PDU, which may be longer or shorter than it says. Whatever it is, each
 * field has a name and a value that is text without control characters, and none is a
 * password.
 */
#include "fuzz/fuzz.h"
#include "smpp/describe.h"
#include "smpp/pdu.h"
#include "smpp/value.h"

static void
on_field(void *owner, const char *name, const char *value)
{
    size_t *fields = owner, i;

    ensure(name[0] != '\0' && strlen(value) < VALUE_SIZE);
    for (i = 0; value[i] != '\0'; i++)
        ensure((unsigned char)value[i] >= ' ' && value[i] != 0x7F);
    ensure(strcmp(name, "password") != 0);
    ++*fields;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t fields = 0;
    struct describe how = {.on_field = on_field, .owner = &fields};
    uint8_t *copy = fuzz_copy(data, size);

    describe(&how, copy, size);
    ensure(fields <= 3 * size + 3);
    how.text = true;
    describe(&how, copy, size);
    free(copy);
    return 0;
}
