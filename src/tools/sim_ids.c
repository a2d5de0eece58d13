/* SPDX-License-Identifier: ISC */
/* Every form of id is a counter in other clothes, so an id leads to its record without a search. */
#include "tools/sim_ids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL_DIGITS 10
#define PREFIXED_DIGITS 11  /* EMG's ids have 15 digits, 4 of them its prefix */

bool
sim_ids_init(struct sim_ids *ids, const struct sim_node_options *options)
{
    ids->options = options;
    ids->last = 0;
    ids->records = calloc(SIM_RECORDS, sizeof(struct sim_record));
    return ids->records != NULL;
}

void
sim_ids_fini(struct sim_ids *ids)
{
    free(ids->records);
    ids->records = NULL;
}

/* At least `width` digits to the base; returns how many. */
static size_t
put_digits(char *out, uint64_t value, unsigned base, size_t width)
{
    static const char digits[] = "0123456789abcdef";
    char reversed[24];
    size_t n = 0, i;

    while (value > 0 || n == 0) {
        reversed[n++] = digits[value % base];
        value /= base;
    }
    while (n < width)
        reversed[n++] = '0';
    for (i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    out[n] = '\0';
    return n;
}

static size_t
format(const struct sim_ids *ids, uint64_t value, char id[static SIM_ID_SIZE])
{
    size_t n = 0;

    switch (ids->options->ids) {
    case SIM_IDS_COUNTER:
        n = put_digits(id, value, 10, 1);
        break;
    case SIM_IDS_HEX:
        n = put_digits(id, value, 16, 1);
        break;
    case SIM_IDS_DECIMAL10:
        n = put_digits(id, value, 10, DECIMAL_DIGITS);
        break;
    case SIM_IDS_PREFIX:
        n = strlen(ids->options->prefix);
        memcpy(id, ids->options->prefix, n);
        n += put_digits(id + n, value, 10, PREFIXED_DIGITS);
        break;
    }
    return n;
}

static void
keep_address(char *out, size_t size, struct octets addr)
{
    size_t n = addr.len < size ? addr.len : size - 1;

    memcpy(out, addr.bytes, n);
    out[n] = '\0';
}

size_t
sim_ids_next(struct sim_ids *ids, const struct message *message, uint64_t done_us,
             char id[static SIM_ID_SIZE], struct sim_record **record)
{
    uint64_t value = ++ids->last;

    *record = &ids->records[value % SIM_RECORDS];
    (*record)->value = value;
    (*record)->done_us = done_us;
    (*record)->deleted = false;
    keep_address((*record)->source, sizeof((*record)->source), message->source.addr);
    keep_address((*record)->destination, sizeof((*record)->destination),
                 message->destination.addr);
    return format(ids, value, id);
}

struct sim_record *
sim_ids_find(struct sim_ids *ids, const char *id)
{
    const struct sim_node_options *options = ids->options;
    struct sim_record *record;
    char again[SIM_ID_SIZE];
    const char *digits = id;
    uint64_t value;

    if (options->ids == SIM_IDS_PREFIX) {
        if (strncmp(id, options->prefix, strlen(options->prefix)) != 0)
            return NULL;
        digits += strlen(options->prefix);
    }
    value = strtoull(digits, NULL, options->ids == SIM_IDS_HEX ? 16 : 10);
    record = &ids->records[value % SIM_RECORDS];
    if (value == 0 || record->value != value)
        return NULL;
    format(ids, value, again);
    return strcmp(again, id) == 0 ? record : NULL;
}

static bool
is_address(const char *kept, size_t size, struct octets addr)
{
    char cut[SIM_ADDRESS_SIZE];

    keep_address(cut, size, addr);
    return strcmp(kept, cut) == 0;
}

struct sim_record *
sim_ids_find_addresses(struct sim_ids *ids, struct octets source, struct octets destination)
{
    uint64_t value;

    for (value = ids->last; value > 0 && value + SIM_RECORDS > ids->last; value--) {
        struct sim_record *record = &ids->records[value % SIM_RECORDS];

        if (!record->deleted &&
            is_address(record->destination, sizeof(record->destination), destination) &&
            is_address(record->source, sizeof(record->source), source))
            return record;
    }
    return NULL;
}

enum sim_state
sim_record_state(const struct sim_record *record, uint64_t now_us)
{
    if (record->deleted)
        return SIM_STATE_DELETED;
    return now_us >= record->done_us ? SIM_STATE_DELIVERED : SIM_STATE_ENROUTE;
}
