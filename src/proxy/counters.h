/* SPDX-License-Identifier: ISC */
#ifndef PROXY_COUNTERS_H
#define PROXY_COUNTERS_H

#include <stdint.h>

struct counters {
#define COUNTER(symbol, meaning) uint64_t symbol;
#include "proxy/counter.def"
#undef COUNTER
};

#endif
