/* SPDX-License-Identifier: ISC */
/*
 * Each flow moves what there is, piece by piece, until one of its ends can do no more;
 * what the two conns then wait for is a function of both flows, computed in `await`
 * alone.
 */
#include "net/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define PIECE ((size_t)32 << 10)        /* what is read at a time and copied */
#define SPLICE_PIECE ((size_t)1 << 20)  /* the same, spliced: as much as a pipe takes */
#define SPLICE_WORTH ((size_t)8 << 10)  /* less at a time is cheaper to copy */
#define TURN ((size_t)1 << 20)          /* then it is others' turn */

/* What a step of a flow ends in. */
enum step {
    STEP_MOVED,     /* there may be more */
    STEP_WAIT,      /* nothing to read, or no room to write: the poll tells */
    STEP_ENDED,     /* the relay is over */
};

static enum step
fail(struct relay *relay, struct conn *conn)
{
    conn_fail(conn, errno);
    ensure(!relay->runs);
    return STEP_ENDED;
}

static void
count(struct relay *relay, struct flow *flow, size_t n)
{
    flow->bytes += n;
    *flow->sum += n;
    relay->moved_at_ms = loop_now_ms(relay->loop);
    relay->up_last = flow == &relay->up;
}

static bool
holds_something(const struct flow *flow)
{
    return flow->rest.len > 0 || flow->pipe != NULL;
}

/* What `to` takes of n octets; *taken says how many. */
static enum step
give(struct relay *relay, struct flow *flow, const uint8_t *bytes, size_t n, size_t *taken)
{
    *taken = 0;
    switch (flow->to->transport->write(flow->to, bytes, n, taken)) {
    case IO_DONE:
        count(relay, flow, *taken);
        return *taken == n ? STEP_MOVED : STEP_WAIT;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        return STEP_WAIT;
    case IO_CLOSED:
        errno = EPIPE;
        break;
    case IO_FAILED:
        break;
    }
    return fail(relay, flow->to);
}

static enum step
give_rest(struct relay *relay, struct flow *flow)
{
    size_t taken;
    enum step step = give(relay, flow, buf_bytes(&flow->rest), flow->rest.len, &taken);

    if (step != STEP_ENDED)
        buf_consume(&flow->rest, &relay->loop->slab, taken);
    return step;
}

static enum step
give_pipe(struct relay *relay, struct flow *flow)
{
    struct pipe *pipe = flow->pipe;
    ssize_t n;

    while (pipe->n > 0) {
        n = splice(pipe->read_end, NULL, flow->to->fd, NULL, pipe->n,
                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return errno == EAGAIN ? STEP_WAIT : fail(relay, flow->to);
        pipe->n -= (size_t)n;
        count(relay, flow, (size_t)n);
    }
    pipes_put(relay->pipes, pipe);
    flow->pipe = NULL;
    return STEP_MOVED;
}

static enum step
give_held(struct relay *relay, struct flow *flow)
{
    return flow->pipe != NULL ? give_pipe(relay, flow) : give_rest(relay, flow);
}

/* `from` has ended its side, and `to` has all of it: it is told, unless it has ended
 * before, for then both are closed. */
static enum step
end_flow(struct relay *relay, struct flow *flow)
{
    struct flow *other = flow == &relay->up ? &relay->down : &relay->up;

    flow->done = true;
    if (other->done) {
        relay_stop(relay);
        relay->on_done(relay);
        return STEP_ENDED;
    }
    flow->to->transport->finish(flow->to);
    return STEP_WAIT;
}

static enum step
on_read(struct relay *relay, struct flow *flow, enum io_result result)
{
    flow->read_writes = result == IO_WANT_WRITE;
    switch (result) {
    case IO_DONE:
        return STEP_MOVED;
    case IO_WANT_READ:
    case IO_WANT_WRITE:
        return STEP_WAIT;
    case IO_CLOSED:
        flow->ended = true;
        return STEP_MOVED;
    case IO_FAILED:
        return fail(relay, flow->from);
    }
    return STEP_ENDED;
}

/* Keeps what `to` has not taken. */
static enum step
keep(struct relay *relay, struct flow *flow, const uint8_t *bytes, size_t n)
{
    uint8_t *room = buf_extend(&flow->rest, &relay->loop->slab, n);

    if (room == NULL) {
        errno = ENOMEM;
        return fail(relay, flow->to);
    }
    memcpy(room, bytes, n);
    return STEP_WAIT;
}

static enum step
copy(struct relay *relay, struct flow *flow, size_t *moved)
{
    uint8_t *scratch = relay->loop->scratch;
    size_t n = 0, taken;
    enum step step;

    step = on_read(relay, flow, flow->from->transport->read(flow->from, scratch, PIECE, &n));
    if (step != STEP_MOVED || n == 0)
        return step;
    *moved += n;
    flow->much = n == PIECE;
    step = give(relay, flow, scratch, n, &taken);
    if (step == STEP_WAIT)
        return keep(relay, flow, scratch + taken, n - taken);
    /* A socket that gave less than was asked for has no more. */
    return step == STEP_MOVED && n < PIECE && !flow->from->transport->has_more(flow->from)
               ? STEP_WAIT : step;
}

static bool
can_splice(struct relay *relay, struct flow *flow)
{
    if (!flow->much || flow->from->transport != &transport_plain ||
        flow->to->transport != &transport_plain)
        return false;
    flow->pipe = pipes_get(relay->pipes);
    return flow->pipe != NULL;
}

static enum io_result
read_pipe(struct flow *flow)
{
    ssize_t n;

    do
        n = splice(flow->from->fd, NULL, flow->pipe->write_end, NULL, SPLICE_PIECE,
                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (n == -1 && errno == EINTR);
    if (n == 0)
        return IO_CLOSED;
    if (n == -1)
        return errno == EAGAIN ? IO_WANT_READ : IO_FAILED;
    flow->pipe->n = (size_t)n;
    return IO_DONE;
}

static enum step
do_splice(struct relay *relay, struct flow *flow, size_t *moved)
{
    enum io_result result = read_pipe(flow);
    size_t n = flow->pipe->n;
    int error = errno;
    enum step step;

    if (result == IO_DONE) {
        *moved += n;
        flow->much = n >= SPLICE_WORTH;
        step = give_pipe(relay, flow);
        return step == STEP_MOVED && n < PIECE ? STEP_WAIT : step;
    }
    pipes_put(relay->pipes, flow->pipe);
    flow->pipe = NULL;
    errno = error;
    return on_read(relay, flow, result);
}

/* Moves what there is. False: the relay is over. */
static bool
run(struct relay *relay, struct flow *flow)
{
    enum step step = STEP_MOVED;
    size_t moved = 0;

    while (step == STEP_MOVED && !flow->done && moved < TURN) {
        if (holds_something(flow))
            step = give_held(relay, flow);
        else if (flow->ended)
            step = end_flow(relay, flow);
        else if (can_splice(relay, flow))
            step = do_splice(relay, flow, &moved);
        else
            step = copy(relay, flow, &moved);
    }
    return step != STEP_ENDED;
}

/* Is there something to be read that no poll tells of? */
static bool
has_more(const struct flow *flow)
{
    return !flow->ended && !flow->read_writes && !holds_something(flow) &&
           flow->from->transport->has_more(flow->from);
}

/* What a conn waits for that the one flow comes from and the other goes to. */
static void
await(struct relay *relay, const struct flow *from_it, const struct flow *to_it)
{
    struct conn *conn = from_it->from;
    bool reads = !from_it->ended && !holds_something(from_it);
    int events = 0;

    if (reads)
        events |= from_it->read_writes ? EV_WRITE : EV_READ;
    if (holds_something(to_it))
        events |= EV_WRITE;
    conn_want(conn, events);
    if (has_more(from_it))
        ev_feed_event(relay->loop->ev, &conn->io, EV_READ);
}

static void
await_both(struct relay *relay)
{
    await(relay, &relay->up, &relay->down);
    await(relay, &relay->down, &relay->up);
}

void
relay_start(struct relay *relay, struct loop *loop, struct pipes *pipes, struct conn *first,
            struct conn *second, uint64_t *up, uint64_t *down,
            void (*on_ready)(struct conn *conn, int events),
            void (*on_done)(struct relay *relay))
{
    *relay = (struct relay){.loop = loop, .pipes = pipes, .on_done = on_done, .runs = true,
                            .moved_at_ms = loop_now_ms(loop)};
    relay->up = (struct flow){.from = first, .to = second, .sum = up};
    relay->down = (struct flow){.from = second, .to = first, .sum = down};
    conn_take(first, on_ready);
    conn_take(second, on_ready);
    if (run(relay, &relay->up))
        await_both(relay);
}

void
relay_on_ready(struct relay *relay, struct conn *conn, int events)
{
    struct flow *out = conn == relay->up.from ? &relay->up : &relay->down;
    struct flow *in = out == &relay->up ? &relay->down : &relay->up;

    if ((events & EV_WRITE) != 0 && holds_something(in) && !run(relay, in))
        return;
    if ((events & (out->read_writes ? EV_WRITE : EV_READ)) != 0 && !holds_something(out) &&
        !out->ended && !run(relay, out))
        return;
    await_both(relay);
}

static void
release(struct relay *relay, struct flow *flow)
{
    buf_clear(&flow->rest, &relay->loop->slab);
    if (flow->pipe != NULL)
        pipes_put(relay->pipes, flow->pipe);
    flow->pipe = NULL;
}

void
relay_stop(struct relay *relay)
{
    if (!relay->runs)
        return;
    relay->runs = false;
    release(relay, &relay->up);
    release(relay, &relay->down);
}
