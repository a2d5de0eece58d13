/* SPDX-License-Identifier: ISC */
#include "net/pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void
destroy(struct pipes *pipes, struct pipe *pipe)
{
    close(pipe->read_end);
    close(pipe->write_end);
    free(pipe);
    pipes->count--;
}

static struct pipe *
create(struct pipes *pipes)
{
    struct pipe *pipe = malloc(sizeof(*pipe));
    int ends[2];

    if (pipe == NULL || pipe2(ends, O_NONBLOCK | O_CLOEXEC) == -1) {
        free(pipe);
        return NULL;
    }
    *pipe = (struct pipe){.read_end = ends[0], .write_end = ends[1]};
    pipes->count++;
    return pipe;
}

void
pipes_fini(struct pipes *pipes)
{
    struct pipe *pipe;

    while ((pipe = pipes->idle) != NULL) {
        pipes->idle = pipe->next;
        pipes->idle_count--;
        destroy(pipes, pipe);
    }
    ensure(pipes->count == 0);
}

struct pipe *
pipes_get(struct pipes *pipes)
{
    struct pipe *pipe = pipes->idle;

    if (pipe == NULL)
        return pipes->count < PIPES_MAX ? create(pipes) : NULL;
    pipes->idle = pipe->next;
    pipes->idle_count--;
    return pipe;
}

void
pipes_put(struct pipes *pipes, struct pipe *pipe)
{
    if (pipe->n > 0 || pipes->idle_count == PIPES_KEPT) {
        destroy(pipes, pipe);
        return;
    }
    pipe->next = pipes->idle;
    pipes->idle = pipe;
    pipes->idle_count++;
}
