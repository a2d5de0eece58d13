/* SPDX-License-Identifier: ISC */
#include "proxy/request.h"

#include <string.h>
#include <utlist.h>

struct request *
request_new(struct slab *slab, const struct pdu *pdu, struct handle from, uint64_t now_ms)
{
    struct request *request;
    size_t cap;

    request = slab_get(slab, sizeof(*request) + pdu->length, &cap);
    if (request == NULL)
        return NULL;
    *request = (struct request){.from = from, .arrived_ms = now_ms, .cap = cap,
                                .length = pdu->length, .lost_at = REQUEST_NOT_LOST};
    memcpy(request->bytes, pdu->bytes, pdu->length);
    return request;
}

void
request_free(struct slab *slab, struct request *request)
{
    if (request->set != SET_NONE)
        set_leave(request->sets, request->set);
    slab_put(slab, request, request->cap);
}

void
request_list_append(struct request_list *list, struct request *request)
{
    DL_APPEND(list->first, request);
    list->bytes += request->cap;
}

void
request_list_put_before(struct request_list *list, struct request_list *older)
{
    DL_CONCAT(older->first, list->first);
    list->first = older->first;
    list->bytes += older->bytes;
    *older = (struct request_list){NULL, 0};
}

void
request_list_prepend(struct request_list *list, struct request *request)
{
    DL_PREPEND(list->first, request);
    list->bytes += request->cap;
}

void
request_list_take(struct request_list *list, struct request *request)
{
    DL_DELETE(list->first, request);
    list->bytes -= request->cap;
}

struct request *
request_list_shift(struct request_list *list)
{
    struct request *request = list->first;

    ensure(request != NULL);
    request_list_take(list, request);
    return request;
}

struct request *
request_list_pop(struct request_list *list)
{
    struct request *request;

    ensure(list->first != NULL);
    request = list->first->prev;
    request_list_take(list, request);
    return request;
}

void
request_list_clear(struct request_list *list, struct slab *slab)
{
    while (list->first != NULL)
        request_free(slab, request_list_shift(list));
}
