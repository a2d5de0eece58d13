/* SPDX-License-Identifier: ISC */
/* query_sm §4.8, cancel_sm §4.9, replace_sm §4.10 for messages that were accepted. */
#include "tools/load_follow.h"

#include <stdlib.h>
#include <string.h>

#include "smpp/pdu.h"
#include "smpp/writer.h"

static const struct {
    const char *name;
    uint32_t command;
} operations[LOAD_OPERATIONS] = {
    [LOAD_QUERY] = {"query_sm", SMPP_QUERY_SM},
    [LOAD_REPLACE] = {"replace_sm", SMPP_REPLACE_SM},
    [LOAD_CANCEL] = {"cancel_sm", SMPP_CANCEL_SM},
};

const char *
load_operation_name(unsigned operation)
{
    return operations[operation].name;
}

bool
load_follow_init(struct load_follow *follow, const struct load_options *options,
                 const struct load_templates *templates)
{
    unsigned i;

    *follow = (struct load_follow){
        .options = options, .templates = templates,
        .wanted = {options->query, options->replace, options->cancel},
    };
    for (i = 0; i < LOAD_OPERATIONS; i++)
        if (follow->wanted[i] > follow->cap)
            follow->cap = follow->wanted[i];
    if (follow->cap > 0)
        follow->items = calloc(follow->cap, sizeof(follow->items[0]));
    return follow->cap == 0 || follow->items != NULL;
}

void
load_follow_fini(struct load_follow *follow)
{
    free(follow->items);
}

void
load_follow_keep(struct load_follow *follow, struct octets id, uint16_t account,
                 uint32_t destination)
{
    struct load_followed *item;

    if (follow->n >= follow->cap || id.len == 0 || id.len >= LOAD_ID_SIZE)
        return;
    item = &follow->items[follow->n++];
    memcpy(item->id, id.bytes, id.len);
    item->id[id.len] = '\0';
    item->account = account;
    item->destination = destination;
}

bool
load_follow_has_next(struct load_follow *follow)
{
    uint64_t wanted;

    while (follow->operation < LOAD_OPERATIONS) {
        wanted = follow->wanted[follow->operation];
        if (follow->next < wanted && follow->next < follow->n)
            return true;
        if (follow->open > 0)
            return false;       /* a replace_sm must not overtake the query_sm */
        follow->operation++;
        follow->next = 0;
    }
    return false;
}

uint16_t
load_follow_account(const struct load_follow *follow)
{
    return follow->items[follow->next].account;
}

static void
write_address(struct writer *w, const char *addr)
{
    writer_u8(w, 1);
    writer_u8(w, 1);
    writer_cstring(w, addr);
}

size_t
load_follow_write(struct load_follow *follow, uint8_t room[static LOAD_FOLLOW_ROOM],
                  uint32_t *command)
{
    const struct load_followed *item = &follow->items[follow->next++];
    static const char text[] = "replaced";
    char destination[LOAD_DESTINATION_SIZE];
    struct writer w;

    *command = operations[follow->operation].command;
    writer_begin(&w, room, LOAD_FOLLOW_ROOM, *command, SMPP_ROK, 0);
    if (*command == SMPP_CANCEL_SM)
        writer_cstring(&w, "");             /* service_type */
    writer_cstring(&w, item->id);
    write_address(&w, follow->options->source);
    if (*command == SMPP_CANCEL_SM)
        write_address(&w, load_template_destination(follow->templates, item->destination,
                                                    destination));
    if (*command == SMPP_REPLACE_SM) {
        writer_bytes(&w, "\0\0\0\0", 4);    /* schedule, validity, registered, default id */
        writer_u8(&w, sizeof(text) - 1);
        writer_bytes(&w, text, sizeof(text) - 1);
    }
    follow->open++;
    return writer_end(&w);
}

static unsigned
operation_of(uint32_t command)
{
    unsigned i = 0;

    while (i < LOAD_OPERATIONS - 1 && operations[i].command != command)
        i++;
    return i;
}

void
load_follow_answer(struct load_follow *follow, uint32_t command, uint32_t status)
{
    follow->open--;
    load_statuses_add(&follow->answers[operation_of(command)], status);
}

void
load_follow_unanswered(struct load_follow *follow, uint32_t command)
{
    follow->open--;
    follow->unanswered[operation_of(command)]++;
}
