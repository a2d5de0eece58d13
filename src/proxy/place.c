/* SPDX-License-Identifier: ISC */
/*
 * The rules by which requests find their links. It decides and rewrites, and
 * sends nothing; it knows linksets and sets, no sessions.
 */
#include "proxy/place.h"

#include "base/hash.h"
#include "proxy/ids.h"
#include "smpp/msgid.h"

/* Is it a part of a long message? Then *key names its set. */
static struct concat
read_concat(struct linkset *linkset, const struct message *message, uint64_t *key)
{
    struct account *account = linkset->account;
    struct concat concat;
    bool malformed;

    concat = concat_peek(message, &malformed);
    linkset->proxy->counters.marks_malformed += malformed;
    if (concat.kind != CONCAT_NONE)
        *key = set_key(&account->farm->sets, account->hash, message, &concat);
    return concat;
}

bool
place_has_begun(struct linkset *linkset, const struct message *message)
{
    struct account *account = linkset->account;
    struct set_table *sets = &account->farm->sets;
    struct concat concat;
    bool malformed;

    concat = concat_peek(message, &malformed);
    return concat.kind != CONCAT_NONE &&
           set_is_under_way(sets, set_key(sets, account->hash, message, &concat),
                            loop_now_ms(linkset->proxy->loop));
}

static void
note_part(struct linkset *linkset, const struct message *message, const struct concat *concat,
          uint64_t key, struct request *request)
{
    linkset->proxy->counters.parts++;
    request->sets = &linkset->account->farm->sets;
    request->key = key;
    request->part = concat->part;
    request->parts = concat->total;
    request->by_hash = request->rule == REQUEST_HASH ||
                       linkset->farm->concat_place == CONF_CONCAT_PLACE_HASH;
    if (request->by_hash && request->rule != REQUEST_HASH)
        request->hash = set_hash(linkset->account->hash, message, concat);
}

/* What else of a message tells where it goes. */
static void
read_message(struct linkset *linkset, const struct message *message, struct request *request)
{
    struct octets destination = message->destination.addr;

    if (linkset->farm->balance == CONF_DESTINATION && destination.len > 0) {
        request->rule = REQUEST_HASH;
        request->hash = hash_bytes(destination.bytes, destination.len, 0);
    }
    if (message->replace_if_present != 0) {
        linkset->proxy->counters.replacing++;
        request->rule = REQUEST_HASH;
        request->hash = hash_bytes(message->service_type.bytes, message->service_type.len,
                                   linkset->account->hash);
        request->hash = hash_bytes(message->addresses.bytes, message->addresses.len,
                                   request->hash);
    }
}

static bool
is_cancel(uint32_t command)
{
    return command == SMPP_CANCEL_SM || command == SMPP_CANCEL_BROADCAST_SM;
}

/* Takes `skip` octets, a tag of ours, off the id. */
static struct request *
without_tag(struct linkset *linkset, const struct pdu *pdu, struct octets id, size_t skip,
            struct handle from)
{
    struct proxy *proxy = linkset->proxy;
    struct pdu shorter = *pdu;
    size_t length = 0;

    if (skip > 0)
        length = msgid_replace(pdu, id, id.bytes + skip, id.len - skip, proxy->rewrite,
                               sizeof(proxy->rewrite));
    if (length > 0) {
        shorter.bytes = proxy->rewrite;
        shorter.length = (uint32_t)length;
    }
    return request_new(&proxy->loop->slab, &shorter, from, loop_now_ms(proxy->loop));
}

/* A request about an earlier message. */
static struct request *
request_by_id(struct linkset *linkset, const struct pdu *pdu, struct octets id,
              struct handle from)
{
    struct request *request;
    uint16_t node = 0;
    size_t skip = 0;
    bool known;

    known = id.len > 0 && ids_node(linkset->account->farm, id, &node, &skip);
    request = without_tag(linkset, pdu, id, skip, from);
    if (request == NULL)
        return NULL;
    request->node = node;
    if (known)
        request->rule = REQUEST_NODE;
    else if (id.len > 0)
        request->rule = REQUEST_TOUR;
    else if (is_cancel(pdu->command))
        request->rule = REQUEST_TOUR_ALL;
    return request;
}

static struct request *
request_of_message(struct linkset *linkset, const struct pdu *pdu, const struct message *message,
                   struct handle from)
{
    struct loop *loop = linkset->proxy->loop;
    struct request *request;
    struct concat concat;
    uint64_t key = 0;

    concat = read_concat(linkset, message, &key);
    request = request_new(&loop->slab, pdu, from, loop_now_ms(loop));
    if (request == NULL)
        return NULL;
    read_message(linkset, message, request);
    if (concat.kind != CONCAT_NONE)
        note_part(linkset, message, &concat, key, request);
    return request;
}

struct request *
place_request(struct linkset *linkset, const struct pdu *pdu, const struct reading *reading,
              struct handle from)
{
    struct loop *loop = linkset->proxy->loop;

    switch (reading->kind) {
    case READING_MESSAGE:
        return request_of_message(linkset, pdu, &reading->message, from);
    case READING_ID:
        return request_by_id(linkset, pdu, reading->id, from);
    case READING_BROADCAST:
    case READING_OTHER:
        break;
    }
    return request_new(&loop->slab, pdu, from, loop_now_ms(loop));
}

void
place_join(struct linkset *linkset, struct request *request)
{
    if (request->parts == 0)
        return;
    request->set = set_join(request->sets, request->key, request->parts,
                            loop_now_ms(linkset->proxy->loop));
    if (request->set != SET_NONE)
        request->rule = REQUEST_SET;
}

static enum place
any_link(struct linkset *linkset, enum balance_kind kind, struct link **link)
{
    *link = linkset_pick(linkset, kind);
    return *link != NULL ? PLACE_LINK : PLACE_HOLD;
}

/* A link to a node; what waits for one that could not be made goes to any. Of several
 * links what has the same `spread` takes the same, so that its order stays. */
static enum place
link_to(struct linkset *linkset, size_t node, uint64_t spread, struct link **link)
{
    *link = linkset_link_to(linkset, node, spread);
    return *link != NULL ? PLACE_LINK : any_link(linkset, BALANCE_MESSAGES, link);
}

static enum place
hashed_link(struct linkset *linkset, uint64_t hash, struct link **link)
{
    size_t node;

    if (!balance_by_hash(&linkset->account->balance, hash, &node))
        return PLACE_HOLD;
    return link_to(linkset, node, hash, link);
}

static bool
is_lost(const struct linkset *linkset, size_t node)
{
    return linkset->account->balance.links[node] == 0;
}

static enum place
set_link(struct linkset *linkset, struct request *request, struct link **link)
{
    struct counters *counters = &linkset->proxy->counters;
    uint16_t node = set_node(request->sets, request->set);
    bool moves = node != SET_NO_NODE;
    enum place place;

    if (moves && !is_lost(linkset, node))
        return link_to(linkset, node, request->key, link);
    if (moves && linkset->farm->concat_loss == CONF_CONCAT_LOSS_REFUSE) {
        counters->sets_refused++;
        return PLACE_FAIL;
    }
    place = request->by_hash ? hashed_link(linkset, request->hash, link)
                             : any_link(linkset, BALANCE_SETS, link);
    if (place == PLACE_LINK) {
        set_put_node(request->sets, request->set, (uint16_t)(*link)->node);
        counters->sets_placed += !moves;
        counters->sets_moved += moves;
    }
    return place;
}

/* The next bound node of a tour from `node` on, or NULL. */
static struct link *
tour_link(const struct linkset *linkset, size_t node)
{
    struct link *link;

    for (; node < linkset->farm->node_count; node++) {
        link = linkset_link_to(linkset, node, 0);
        if (link != NULL && link->state == LINK_BOUND)
            return link;
    }
    return NULL;
}

enum place
place_find(struct linkset *linkset, struct request *request, struct link **link)
{
    switch (request->rule) {
    case REQUEST_ANY:
        return any_link(linkset, BALANCE_MESSAGES, link);
    case REQUEST_HASH:
        return hashed_link(linkset, request->hash, link);
    case REQUEST_SET:
        return set_link(linkset, request, link);
    case REQUEST_NODE:
        return is_lost(linkset, request->node) ? PLACE_FAIL
                                               : link_to(linkset, request->node,
                                                         request_number(request), link);
    case REQUEST_TOUR:
    case REQUEST_TOUR_ALL:
        *link = tour_link(linkset, request->node);
        if (*link != NULL)
            return PLACE_LINK;
        return linkset->bound == 0 && request->node == 0 ? PLACE_HOLD : PLACE_FAIL;
    }
    return PLACE_HOLD;
}

uint32_t
place_failure(const struct request *request)
{
    if (request->rule == REQUEST_TOUR_ALL && request->accepted)
        return SMPP_ROK;
    return command_find(request_command(request))->failure;
}

bool
place_elsewhere(struct linkset *linkset, struct request *request, size_t node)
{
    switch (request->rule) {
    case REQUEST_ANY:
        return true;
    case REQUEST_HASH:
        request->rule = REQUEST_ANY;
        return true;
    case REQUEST_SET:
        if (linkset->farm->concat_loss == CONF_CONCAT_LOSS_REFUSE)
            return false;
        request->by_hash = false;
        if (set_node(request->sets, request->set) == node) {    /* else it has moved already */
            set_put_node(request->sets, request->set, SET_NO_NODE);
            linkset->proxy->counters.sets_moved++;
        }
        return true;
    case REQUEST_NODE:
    case REQUEST_TOUR:
    case REQUEST_TOUR_ALL:
        break;
    }
    return false;
}

bool
place_goes_on(struct request *request, size_t node, uint32_t status)
{
    if (!place_is_tour(request))
        return false;
    request->accepted = request->accepted || status == SMPP_ROK;
    request->node = (uint16_t)(node + 1);
    return request->rule == REQUEST_TOUR_ALL || status != SMPP_ROK;
}

bool
place_has_next(const struct linkset *linkset, const struct request *request)
{
    return tour_link(linkset, request->node) != NULL;
}
