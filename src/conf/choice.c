/* SPDX-License-Identifier: ISC */
/* The words of keywords that are a choice, each from the table that makes its enum. */
#include "conf/choice.h"

#include "conf/conf.h"

/* Numbers and enums are all read and written as 32 bits. */
_Static_assert(sizeof(enum conf_mode) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_balance) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_links) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_redispatch) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_rate_excess) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_on_down) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_fail_back) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_concat_place) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_concat_loss) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_message_id) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_check_type) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_check_tls) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum tls_verify) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum tls_version) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum conf_proxy_mode) == sizeof(uint32_t), "enum of 32 bits");
_Static_assert(sizeof(enum log_level) == sizeof(uint32_t), "enum of 32 bits");

static const char *const mode_names[] = {
#define MODE(symbol, name, help) name,
#include "conf/mode.def"
#undef MODE
    NULL,
};

static const char *const balance_names[] = {
#define BALANCE(symbol, name, help) name,
#include "conf/balance.def"
#undef BALANCE
    NULL,
};

static const char *const links_names[] = {
#define LINKS(symbol, name, help) name,
#include "conf/links.def"
#undef LINKS
    NULL,
};

static const char *const redispatch_names[] = {
#define REDISPATCH(symbol, name, help) name,
#include "conf/redispatch.def"
#undef REDISPATCH
    NULL,
};

static const char *const proxy_mode_names[] = {
#define PROXY_MODE(symbol, name, help) name,
#include "conf/proxy_mode.def"
#undef PROXY_MODE
    NULL,
};

static const char *const rate_excess_names[] = {
#define RATE_EXCESS(symbol, name, help) name,
#include "conf/rate_excess.def"
#undef RATE_EXCESS
    NULL,
};

static const char *const on_down_names[] = {
#define ON_DOWN(symbol, name, help) name,
#include "conf/on_down.def"
#undef ON_DOWN
    NULL,
};

static const char *const fail_back_names[] = {
#define FAIL_BACK(symbol, name, help) name,
#include "conf/fail_back.def"
#undef FAIL_BACK
    NULL,
};

static const char *const concat_place_names[] = {
#define CONCAT_PLACE(symbol, name, help) name,
#include "conf/concat_place.def"
#undef CONCAT_PLACE
    NULL,
};

static const char *const concat_loss_names[] = {
#define CONCAT_LOSS(symbol, name, help) name,
#include "conf/concat_loss.def"
#undef CONCAT_LOSS
    NULL,
};

static const char *const message_id_names[] = {
#define MESSAGE_ID(symbol, name, help) name,
#include "conf/message_id.def"
#undef MESSAGE_ID
    NULL,
};

static const char *const check_type_names[] = {
#define CHECK_TYPE(symbol, name, help) name,
#include "conf/check_type.def"
#undef CHECK_TYPE
    NULL,
};

static const char *const check_tls_names[] = {
#define CHECK_TLS(symbol, name, help) name,
#include "conf/check_tls.def"
#undef CHECK_TLS
    NULL,
};

static const char *const tls_verify_names[] = {
#define TLS_VERIFY(symbol, name, help) name,
#include "tls/verify.def"
#undef TLS_VERIFY
    NULL,
};

static const char *const tls_version_names[] = {
#define TLS_VERSION(symbol, name, number) name,
#include "tls/version.def"
#undef TLS_VERSION
    NULL,
};

static const char *const level_names[] = {
#define LEVEL(symbol, name, priority) name,
#include "base/log_level.def"
#undef LEVEL
    NULL,
};

static const char *const *const choices[] = {
    [KEY_MODE] = mode_names,
    [KEY_FARM_MODE] = mode_names,
    [KEY_BALANCE] = balance_names,
    [KEY_LINKS] = links_names,
    [KEY_REDISPATCH] = redispatch_names,
    [KEY_RATE_EXCESS] = rate_excess_names,
    [KEY_ON_DOWN] = on_down_names,
    [KEY_FAIL_BACK] = fail_back_names,
    [KEY_CONCAT_PLACE] = concat_place_names,
    [KEY_CONCAT_LOSS] = concat_loss_names,
    [KEY_MESSAGE_ID] = message_id_names,
    [KEY_LOG_LEVEL] = level_names,
    [KEY_CHECK_TYPE] = check_type_names,
    [KEY_CHECK_TLS] = check_tls_names,
    [KEY_TLS_VERIFY] = tls_verify_names,
    [KEY_TLS_VERSION] = tls_version_names,
    [KEY_PROXY_MODE] = proxy_mode_names,
};

const char *const *
choice_names(enum key_type type)
{
    return choices[type];
}

const char *
conf_mode_name(enum conf_mode mode)
{
    return mode_names[mode];
}

const char *
conf_balance_name(enum conf_balance balance)
{
    return balance_names[balance];
}

const char *
conf_check_type_name(enum conf_check_type type)
{
    return check_type_names[type];
}
