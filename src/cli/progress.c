/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far long work is, on standard error: a line that is written over on a terminal, else a new line
 * at most every two seconds. The clock decides when it is told, never what is computed. */
#include "cli.h"

#include "rwe/base/language.h"
#include <time.h>
#include <unistd.h>

static const double SECONDS_BETWEEN_LINES = 2;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void tell(void *context, const char *what, size_t done, size_t of)
{
    struct rwe_cli *cli = context;
    double now = seconds_now();
    bool ended = done == of, on_terminal = isatty(fileno(cli->err)) != 0;
    if (cli->progress_since == 0)
        cli->progress_since = now;
    bool is_due = !ended && now - cli->progress_since >= SECONDS_BETWEEN_LINES;
    if (on_terminal)
        fputs(ended ? "\r\033[K" : "\r", cli->err);
    if (on_terminal ? !ended : is_due)
        fprintf(cli->err, rwe_message("%s: %zu of %zu"), what, done, of);
    if (!on_terminal && is_due) {
        fputc('\n', cli->err);
        cli->progress_since = now;
    }
    fflush(cli->err);
}

struct rwe_progress rwe_cli_progress(struct rwe_cli *cli)
{
    if (rwe_cli_settings_of(cli)->quiet)
        return (struct rwe_progress){NULL, NULL};
    return (struct rwe_progress){tell, cli};
}
