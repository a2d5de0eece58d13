/* SPDX-License-Identifier: ISC */
#include "route/node_status.h"

#include "unit/unit.h"

static struct conf_node nodes[3];
static struct conf_farm farm = {.nodes = nodes, .node_count = 3};

static void
start(enum conf_balance balance)
{
    size_t i;

    farm.balance = balance;
    for (i = 0; i < 3; i++)
        nodes[i] = (struct conf_node){.weight = 2, .addr.len = 1};
}

static struct balance_share
share(size_t node, const struct node_status *status)
{
    return node_status_share(&farm, node, status);
}

START_TEST(a_node_that_nothing_is_known_of_serves_with_its_weight)
{
    struct node_status status;

    start(CONF_ROUND_ROBIN);
    status = node_status_initial(&nodes[0]);
    ck_assert(status.serves && status.connects && !status.closes && !status.retires);
    ck_assert_uint_eq(share(0, &status).weight, 2 * NODE_RAMP_FULL);
    ck_assert_uint_eq(share(0, &status).rank, 0);
    nodes[1].gone = true;
    status = node_status_initial(&nodes[1]);
    ck_assert(!status.serves && !status.connects);
}
END_TEST

START_TEST(a_node_that_does_not_serve_takes_nothing_and_one_that_starts_a_part)
{
    struct node_status status;

    start(CONF_ROUND_ROBIN);
    status = node_status_initial(&nodes[0]);
    status.ramp = 1;
    ck_assert_uint_eq(share(0, &status).weight, 2);
    status.serves = false;
    ck_assert_uint_eq(share(0, &status).weight, 0);
}
END_TEST

START_TEST(ranks_are_primaries_backups_and_those_that_stand_down)
{
    struct node_status status;

    start(CONF_ROUND_ROBIN);
    nodes[1].backup = true;
    status = node_status_initial(&nodes[0]);
    ck_assert_uint_eq(share(0, &status).rank, share(2, &status).rank);
    ck_assert_uint_lt(share(0, &status).rank, share(1, &status).rank);
    status.stands_down = true;
    ck_assert_uint_gt(share(0, &status).rank, 3);
}
END_TEST

START_TEST(of_standbys_each_has_a_rank_of_its_own_in_order)
{
    struct node_status status, down;

    start(CONF_STANDBY);
    nodes[1].backup = true;
    status = down = node_status_initial(&nodes[0]);
    down.stands_down = true;
    ck_assert_uint_lt(share(0, &status).rank, share(2, &status).rank);
    ck_assert_uint_lt(share(2, &status).rank, share(1, &status).rank);
    ck_assert_uint_lt(share(1, &status).rank, share(0, &down).rank);
}
END_TEST

UNIT_MAIN("node_status", a_node_that_nothing_is_known_of_serves_with_its_weight,
          a_node_that_does_not_serve_takes_nothing_and_one_that_starts_a_part,
          ranks_are_primaries_backups_and_those_that_stand_down,
          of_standbys_each_has_a_rank_of_its_own_in_order)
