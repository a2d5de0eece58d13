/* SPDX-License-Identifier: ISC */
#ifndef CONF_CHOICE_H
#define CONF_CHOICE_H

#include "conf/key.h"

/* The labels of all types that are a choice, for `case KEY_CHOICES:` in a switch. */
#define KEY_CHOICES \
    KEY_MODE: \
    case KEY_FARM_MODE: \
    case KEY_BALANCE: \
    case KEY_LINKS: \
    case KEY_REDISPATCH: \
    case KEY_RATE_EXCESS: \
    case KEY_ON_DOWN: \
    case KEY_FAIL_BACK: \
    case KEY_CONCAT_PLACE: \
    case KEY_CONCAT_LOSS: \
    case KEY_MESSAGE_ID: \
    case KEY_LOG_LEVEL: \
    case KEY_CHECK_TYPE: \
    case KEY_CHECK_TLS: \
    case KEY_TLS_VERIFY: \
    case KEY_TLS_VERSION: \
    case KEY_PROXY_MODE

/* The words that such a keyword may have, by the number that stands for them; NULL at
 * the end. */
const char *const *
choice_names(enum key_type type);

#endif
