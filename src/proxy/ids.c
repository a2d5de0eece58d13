/* SPDX-License-Identifier: ISC */
#include "proxy/ids.h"

#include <string.h>

#include "smpp/receipt.h"

static bool
starts_with(struct octets id, const char *start, size_t len)
{
    return id.len > len && memcmp(id.bytes, start, len) == 0;
}

static bool
find_start(const struct conf_farm *conf, struct octets id, uint16_t *node)
{
    bool tag = conf->message_id == CONF_MESSAGE_ID_TAG;
    const char *start;
    size_t i;

    for (i = 0; i < conf->node_count; i++) {
        start = tag ? conf->nodes[i].tag : conf->nodes[i].id_prefix;
        if (!conf->nodes[i].gone && starts_with(id, start, strlen(start))) {
            *node = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static bool
takes_tag(struct octets id)
{
    return id.len > 0 && id.len + CONF_TAG_LEN <= MSGID_MAX;
}

/* With tags only what is too long for one was learnt, and is asked for so. */
static bool
find_learnt(const struct farm *farm, struct octets id, uint16_t *node)
{
    return (farm->conf->message_id != CONF_MESSAGE_ID_TAG || !takes_tag(id)) &&
           learn_find(&farm->learn, id, node);
}

static bool
find_mark(const struct farm *farm, struct octets id, uint16_t *node)
{
    return farm->conf->message_id != CONF_MESSAGE_ID_LEARN && find_start(farm->conf, id, node);
}

bool
ids_is_learnt(const struct farm *farm, struct octets id)
{
    uint16_t node;

    return find_learnt(farm, id, &node);
}

bool
ids_is_marked(const struct farm *farm, struct octets id)
{
    uint16_t node;

    return find_mark(farm, id, &node);
}

bool
ids_node(const struct farm *farm, struct octets id, uint16_t *node, size_t *skip)
{
    struct counters *counters = &farm->proxy->counters;

    *skip = 0;
    if (find_learnt(farm, id, node)) {
        counters->ids_known_by_learning++;
        return true;
    }
    if (!find_mark(farm, id, node)) {
        counters->ids_unknown++;
        return false;
    }
    if (farm->conf->message_id == CONF_MESSAGE_ID_TAG) {
        counters->ids_known_by_tag++;
        *skip = CONF_TAG_LEN;
    } else {
        counters->ids_known_by_prefix++;
    }
    return true;
}

static size_t
tagged(const struct farm *farm, struct octets id, uint16_t node, char out[static MSGID_MAX])
{
    memcpy(out, farm->conf->nodes[node].tag, CONF_TAG_LEN);
    memcpy(out + CONF_TAG_LEN, id.bytes, id.len);
    return CONF_TAG_LEN + id.len;
}

size_t
ids_tag_at(struct farm *farm, const struct pdu *pdu, uint16_t node)
{
    struct octets id;

    if (farm->conf->message_id == CONF_MESSAGE_ID_PREFIX || !msgid_locate(pdu, &id) ||
        id.len == 0)
        return 0;
    if (farm->conf->message_id == CONF_MESSAGE_ID_TAG && takes_tag(id)) {
        farm->proxy->counters.ids_tagged++;
        return (size_t)(id.bytes - pdu->bytes);
    }
    learn_put(&farm->learn, id, node);
    farm->proxy->counters.ids_learnt++;
    return 0;
}

void
ids_put_response(struct farm *farm, const struct pdu *pdu, uint16_t node, size_t tag_at,
                 uint8_t *room)
{
    if (tag_at == 0) {
        memcpy(room, pdu->bytes, pdu->length);
        return;
    }
    memcpy(room, pdu->bytes, tag_at);
    memcpy(room + tag_at, farm->conf->nodes[node].tag, CONF_TAG_LEN);
    memcpy(room + tag_at + CONF_TAG_LEN, pdu->bytes + tag_at, pdu->length - tag_at);
    put_be32(room, pdu->length + CONF_TAG_LEN);
}

const struct pdu *
ids_receipt(struct farm *farm, const struct pdu *pdu, uint16_t node, struct pdu *spare)
{
    char tlv[MSGID_MAX], text[MSGID_MAX], plain[MSGID_MAX + 1];
    struct proxy *proxy = farm->proxy;
    struct receipt receipt;
    struct message message;
    bool has_tlv, has_text;
    struct octets id;
    size_t length;

    if (farm->conf->message_id != CONF_MESSAGE_ID_TAG || !message_parse(pdu, &message) ||
        !message_is_receipt(&message) || !receipt_parse(&message, &receipt))
        return pdu;
    has_tlv = receipt.tlv_id.bytes != NULL && takes_tag(receipt.tlv_id);
    id = (struct octets){(const uint8_t *)plain, 0};
    if (receipt.text_id.bytes != NULL)
        id.len = receipt_text_id(&receipt, plain);
    has_text = takes_tag(id);
    length = receipt_replace(
        pdu, &message, &receipt,
        has_tlv ? tlv : NULL, has_tlv ? tagged(farm, receipt.tlv_id, node, tlv) : 0,
        has_text ? text : NULL, has_text ? tagged(farm, id, node, text) : 0,
        proxy->rewrite, sizeof(proxy->rewrite));
    if (length == 0)
        return pdu;
    proxy->counters.receipts_tagged++;
    *spare = *pdu;
    spare->bytes = proxy->rewrite;
    spare->length = (uint32_t)length;
    return spare;
}
