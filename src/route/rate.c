/* SPDX-License-Identifier: ISC */
#include "route/rate.h"

#define TOKEN 1000000

static void
fill(struct rate *rate, uint32_t per_second, uint64_t now_us)
{
    int64_t full = (int64_t)per_second * TOKEN;
    uint64_t gone = now_us - rate->filled_us;

    if (rate->filled_us == 0 || gone >= 2 * (uint64_t)TOKEN)
        rate->millionths = full;
    else
        rate->millionths += (int64_t)(gone * per_second);
    if (rate->millionths > full)
        rate->millionths = full;
    rate->filled_us = now_us;
}

bool
rate_take(struct rate *rate, uint32_t per_second, uint64_t now_us)
{
    fill(rate, per_second, now_us);
    if (rate->millionths < TOKEN)
        return false;
    rate->millionths -= TOKEN;
    return true;
}

void
rate_owe(struct rate *rate, uint32_t per_second, uint64_t now_us)
{
    fill(rate, per_second, now_us);
    if (rate->millionths > -(int64_t)per_second * TOKEN)
        rate->millionths -= TOKEN;
}

uint64_t
rate_wait_us(const struct rate *rate, uint32_t per_second)
{
    if (rate->millionths >= TOKEN)
        return 0;
    return (uint64_t)(TOKEN - rate->millionths) / per_second + 1;
}
