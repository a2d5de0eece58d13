/* SPDX-License-Identifier: ISC */
#ifndef TOOLS_SIM_IDS_H
#define TOOLS_SIM_IDS_H

#include "tools/sim_options.h"
#include "smpp/message.h"

/* message_state, SMPP v3.4 §5.2.28 */
enum sim_state {
    SIM_STATE_ENROUTE = 1,
    SIM_STATE_DELIVERED = 2,
    SIM_STATE_DELETED = 4,
};

#define SIM_ID_SIZE 65
#define SIM_ADDRESS_SIZE 24

/* What a node remembers of a message. */
struct sim_record {
    uint64_t value;         /* the counter behind its id; 0: no record */
    uint64_t done_us;       /* when it counts as delivered */
    uint8_t deleted;
    char source[SIM_ADDRESS_SIZE - 1];
    char destination[SIM_ADDRESS_SIZE];
};

/* A node's message ids, and its memory of the last SIM_RECORDS messages. */
#define SIM_RECORDS 100000

struct sim_ids {
    const struct sim_node_options *options;
    uint64_t last;
    struct sim_record *records;     /* by value, round and round */
};

MUST_USE bool
sim_ids_init(struct sim_ids *ids, const struct sim_node_options *options);

void
sim_ids_fini(struct sim_ids *ids);

/* The next message's record, and its id in `id`; returns the id's length. */
size_t
sim_ids_next(struct sim_ids *ids, const struct message *message, uint64_t done_us,
             char id[static SIM_ID_SIZE], struct sim_record **record);

/* NULL: unknown, or forgotten. */
struct sim_record *
sim_ids_find(struct sim_ids *ids, const char *id);

/* The latest message between these addresses that is not deleted; NULL: none. */
struct sim_record *
sim_ids_find_addresses(struct sim_ids *ids, struct octets source, struct octets destination);

enum sim_state
sim_record_state(const struct sim_record *record, uint64_t now_us);

#endif
