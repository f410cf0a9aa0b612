/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far work is that takes longer than a second: a bar on the terminal of standard error, written over in place and
 * gone at the end. The clock decides when it is shown, never what is computed. */
#include "cli.h"

#include "rwe/base/language.h"
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const double SECONDS_BEFORE = 1, SECONDS_BETWEEN = 0.1;
static const char cleared[] = "\r\033[K";

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- a signal that ends the program clears the line first ---- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { N_ENDING = sizeof ending / sizeof *ending };
static volatile sig_atomic_t terminal; /* descriptor of the line that stands there */

static void clear_and_die(int number)
{
    ssize_t written = write(terminal, cleared, sizeof cleared - 1);
    (void)written;
    raise(number); /* as it would have without us: SA_RESETHAND, delivered when we return */
}

/* One that the program ignores is left alone. */
static void catch_signals(struct sigaction before[N_ENDING])
{
    struct sigaction action = {.sa_handler = clear_and_die, .sa_flags = SA_RESETHAND};
    for (int i = 0; i < N_ENDING; i++)
        if (sigaction(ending[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL)
            sigaction(ending[i], &action, NULL);
}

static void release_signals(const struct sigaction before[N_ENDING])
{
    for (int i = 0; i < N_ENDING; i++)
        sigaction(ending[i], &before[i], NULL);
}

/* ---- the line ---- */

static size_t width_of(int descriptor)
{
    enum { USUAL = 80, LEAST = 40 };
    struct winsize size;
    size_t width = ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    return width == 0 ? USUAL : width < LEAST ? LEAST : width;
}

static void put_times(FILE *out, char c, size_t n)
{
    while (n-- > 0)
        fputc(c, out);
}

/* "bootstrap [#########···········]  45%", never as wide as the terminal, which would go on to the next line. */
static void draw(FILE *out, const char *what, size_t done, size_t of)
{
    enum { BAR = 30, AROUND = 10 };
    size_t name = rwe_text_width(what), width = width_of(fileno(out));
    size_t bar = name + BAR + AROUND < width ? BAR : 0;
    size_t full = of == 0 ? 0 : done >= of ? bar : bar * done / of;
    fputc('\r', out);
    if (name + AROUND < width)
        fputs(what, out);
    if (of == 0) {
        fprintf(out, " %zu", done);
    } else if (bar == 0) {
        fprintf(out, " %3zu%%", 100 * done / of);
    } else {
        fputs(" [", out);
        put_times(out, '#', full);
        put_times(out, '.', bar - full);
        fprintf(out, "] %3zu%%", 100 * done / of);
    }
    fputs(cleared + 1, out); /* what is left of the line that was longer */
    fflush(out);
}

void rwe_cli_end_progress(struct rwe_cli *cli)
{
    struct rwe_cli_progress *line = &cli->progress;
    if (line->is_shown) {
        fputs(cleared, cli->err);
        fflush(cli->err);
        release_signals(line->before);
    }
    line->is_shown = false;
    line->what[0] = '\0';
}

static void begin(struct rwe_cli *cli, const char *what)
{
    struct rwe_cli_progress *line = &cli->progress;
    rwe_cli_end_progress(cli);
    snprintf(line->what, sizeof line->what, "%s", what);
    line->next = seconds_now() + SECONDS_BEFORE;
}

static void tell(void *context, const char *what, size_t done, size_t of)
{
    struct rwe_cli *cli = context;
    struct rwe_cli_progress *line = &cli->progress;
    if (of > 0 && done >= of) {
        rwe_cli_end_progress(cli);
        return;
    }
    if (strncmp(line->what, what, sizeof line->what - 1) != 0)
        begin(cli, what);
    double now = seconds_now();
    if (now < line->next)
        return;
    if (!line->is_shown) {
        terminal = fileno(cli->err);
        catch_signals(line->before);
        line->is_shown = true;
    }
    line->next = now + SECONDS_BETWEEN;
    draw(cli->err, line->what, done, of);
}

struct rwe_progress rwe_cli_progress(struct rwe_cli *cli)
{
    bool on_terminal = isatty(fileno(cli->err)) != 0;
    if (rwe_cli_settings_of(cli)->quiet || !on_terminal)
        return (struct rwe_progress){NULL, NULL};
    return (struct rwe_progress){tell, cli};
}
