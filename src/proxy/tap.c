/* SPDX-License-Identifier: ISC */
/*
 * Which PDUs are of interest, what is copied of them, and the pages. Passwords never get
 * into a page. What becomes of a full page is its taker's affair.
 */
#include "proxy/tap.h"

#include <string.h>
#include <utlist.h>

#include "proxy/session.h"
#include "smpp/reader.h"

#define FLUSH_MS 20         /* what is in a page waits no longer */
#define TEXTS_MAX (ADDR_TEXT_SIZE + 3 * TAP_NAME_SIZE)

/*
 * Pages.
 */

static void
hand_on(struct tap *tap)
{
    struct tap_page *page = tap->filling;

    if (page == NULL)
        return;
    tap->filling = NULL;
    loop_timer_stop(tap->proxy->loop, &tap->timer);
    tap->on_page(tap, page);
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    (void)ev;
    (void)revents;
    hand_on(timer->data);
}

/* Begins the next page, if there is one. */
static void
begin_page(struct tap *tap)
{
    struct tap_page *page = tap->free;

    if (page == NULL)
        return;
    LL_DELETE(tap->free, page);
    page->len = 0;
    page->lost = tap->lost;
    tap->lost = 0;
    tap->filling = page;
    loop_timer_start(tap->proxy->loop, &tap->timer, FLUSH_MS);
}

/* Room for a record; NULL: there is none. */
static uint8_t *
find_room(struct tap *tap, size_t size)
{
    uint8_t *room;

    if (tap->filling != NULL && TAP_PAGE_SIZE - tap->filling->len < size)
        hand_on(tap);
    if (tap->filling == NULL)
        begin_page(tap);
    if (tap->filling == NULL)
        return NULL;
    room = tap->filling->bytes + tap->filling->len;
    tap->filling->len += size;
    return room;
}

void
tap_open(struct tap *tap, struct proxy *proxy)
{
    size_t i;

    tap->proxy = proxy;
    for (i = 0; i < TAP_PAGES; i++) {
        tap->pages[i].tap = tap;
        LL_PREPEND(tap->free, &tap->pages[i]);
    }
    ev_init(&tap->timer, on_timer);
    tap->timer.data = tap;
    LL_APPEND(proxy->taps, tap);
}

void
tap_close(struct tap *tap)
{
    if (tap->proxy == NULL)
        return;
    LL_DELETE(tap->proxy->taps, tap);
    if (tap->filling == NULL && tap->lost > 0)
        begin_page(tap);
    hand_on(tap);
    tap->proxy = NULL;
}

void
tap_take_back(struct tap_page *page)
{
    struct tap *tap = page->tap;

    LL_PREPEND(tap->free, page);
    if (tap->proxy != NULL && tap->filling == NULL && tap->lost > 0)
        begin_page(tap);        /* to be told even if nothing follows */
}

void
tap_flush_all(struct proxy *proxy)
{
    struct tap *tap;

    LL_FOREACH(proxy->taps, tap)
        hand_on(tap);
}

uint32_t
tap_count_sessions(const struct tap *tap)
{
    const struct session *session;
    uint32_t n = 0;

    DL_FOREACH(tap->proxy->sessions, session)
        n += session->state == SESSION_BOUND &&
             strcmp(session->system_id, tap->filter.account) == 0;
    return n;
}

/*
 * Records.
 */

/* Behind the system_id: a password that can be told from the rest, or all of it. */
static struct octets
find_secret(const uint8_t *bytes, size_t n)
{
    struct octets password;
    struct reader r;

    reader_init(&r, bytes + PDU_HEADER, n - PDU_HEADER);
    (void)reader_cstring(&r);
    password = reader_cstring(&r);
    if (r.cut)
        return (struct octets){bytes + PDU_HEADER, n - PDU_HEADER};
    return password;
}

static bool
has_password(const uint8_t *bytes)
{
    uint32_t command = get_be32(bytes + 4);

    return command_bound_state(command) != 0 || command == SMPP_OUTBIND;
}

/* Copies n octets of a PDU without a password; returns how many there are then. */
static size_t
copy_pdu(uint8_t *room, const uint8_t *bytes, size_t n)
{
    struct octets secret;
    size_t before;

    if (n <= PDU_HEADER || !has_password(bytes)) {
        memcpy(room, bytes, n);
        return n;
    }
    secret = find_secret(bytes, n);
    before = (size_t)(secret.bytes - bytes);
    memcpy(room, bytes, before);
    memcpy(room + before, secret.bytes + secret.len, n - before - secret.len);
    put_be32(room, get_be32(bytes) - (uint32_t)secret.len);
    return n - secret.len;
}

/* At most `size` octets, the NUL included. */
static size_t
put_text(char *out, const char *text, size_t size)
{
    size_t len = strnlen(text, size - 1);

    memcpy(out, text, len);
    out[len] = '\0';
    return len + 1;
}

void
tap_put(struct tap *tap, const struct tap_view *view)
{
    struct tap_record record = view->record;
    char texts[TEXTS_MAX];
    uint8_t bytes[TAP_KEEP], *room;
    size_t n = 0;

    n += put_text(texts + n, view->peer, ADDR_TEXT_SIZE);
    n += put_text(texts + n, view->farm, TAP_NAME_SIZE);
    n += put_text(texts + n, view->node, TAP_NAME_SIZE);
    n += put_text(texts + n, view->link, TAP_NAME_SIZE);
    if (record.kept > 0)
        record.kept = (uint32_t)copy_pdu(bytes, view->bytes,
                                         record.kept < TAP_KEEP ? record.kept : TAP_KEEP);
    record.texts = (uint32_t)n;
    record.size = (uint32_t)((sizeof(record) + n + record.kept + 7) & ~(size_t)7);
    room = find_room(tap, record.size);
    if (room == NULL) {
        tap->lost++;
        return;
    }
    memcpy(room, &record, sizeof(record));
    memcpy(room + sizeof(record), texts, n);
    memcpy(room + sizeof(record) + n, bytes, record.kept);
}

bool
tap_read(const struct tap_page *page, size_t *at, struct tap_view *view)
{
    const uint8_t *bytes = page->bytes + *at;

    if (*at >= page->len)
        return false;
    memcpy(&view->record, bytes, sizeof(view->record));
    view->peer = (const char *)bytes + sizeof(view->record);
    view->farm = view->peer + strlen(view->peer) + 1;
    view->node = view->farm + strlen(view->farm) + 1;
    view->link = view->node + strlen(view->node) + 1;
    view->bytes = bytes + sizeof(view->record) + view->record.texts;
    *at += view->record.size;
    return true;
}
