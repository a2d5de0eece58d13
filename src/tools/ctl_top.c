/* SPDX-License-Identifier: ISC */
/*
 * `top`: the overview again and again, in as much of the terminal as there is. On anything
 * but a terminal it is shown once.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tools/ctl_http.h"
#include "tools/ctl_status.h"

static volatile sig_atomic_t ended;

static void
on_signal(int number)
{
    if (number != SIGWINCH)
        ended = 1;
}

/* No SA_RESTART: poll comes back, and the screen is drawn anew, or it is over. */
static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGWINCH, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* One line, at most `columns` characters of it; escape sequences take no room. */
static void
put_line(const char *line, size_t len, unsigned columns)
{
    size_t i = 0, from;
    unsigned used = 0;

    while (i < len) {
        from = i;
        if (line[i] == '\033') {
            while (i < len && line[i] != 'm')
                i++;
            i += i < len;
        } else {
            for (i++; i < len && ((unsigned char)line[i] & 0xc0) == 0x80;)
                i++;
            if (++used > columns)
                continue;
        }
        fwrite(line + from, 1, i - from, stdout);
    }
    fputs("\033[0m\033[K", stdout);
}

static void
draw(const char *text)
{
    struct winsize size = {0};
    unsigned rows, columns, row;
    size_t len;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_row == 0)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    rows = size.ws_row;
    columns = size.ws_col;
    fputs("\033[H", stdout);
    for (row = 0; *text != '\0' && row < rows; row++) {
        len = strcspn(text, "\n");
        if (row > 0)
            fputs("\r\n", stdout);
        put_line(text, len, columns);
        text += len + (text[len] == '\n');
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

/* What is to be seen; NULL: memory is short. The caller frees it. */
static char *
look(const struct ctl *ctl)
{
    struct ctl_answer answer;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return NULL;
    ctl_ask(ctl, "GET", "/healthz", NULL, &answer);
    if (answer.status == 0)
        fprintf(out, "CONNECTION LOST: cannot reach smpplex at %s: %s; trying again\n", ctl->server,
                answer.why);
    else
        (void)!ctl_overview(ctl, out);
    ctl_answer_fini(&answer);
    fclose(out);
    return text;
}

/* True: `q` was typed, or it was told to end. */
static bool
wait_for_end(unsigned ms)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;

    if (poll(&in, isatty(STDIN_FILENO) ? 1 : 0, (int)ms) == 1 &&
        (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q'))
        return true;
    return ended;
}

static void
run(const struct ctl *ctl)
{
    char *text;

    do {
        text = look(ctl);
        draw(text != NULL ? text : "memory is short");
        free(text);
    } while (!wait_for_end(ctl->interval_ms));
}

enum ctl_exit
ctl_top(struct ctl *ctl)
{
    struct termios before, raw;
    bool keys;

    if (!isatty(STDOUT_FILENO) || ctl->json)
        return ctl_status(ctl);
    keys = tcgetattr(STDIN_FILENO, &before) == 0;
    catch_signals();
    if (keys) {
        raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    fputs("\033[?1049h\033[?25l", stdout);      /* a screen of its own, no cursor */
    run(ctl);
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    if (keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return CTL_DONE;
}
