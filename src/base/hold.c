/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hold_private.h"

#include <errno.h>
#include <stddef.h>

/* SIGXFSZ: a file grew beyond the limit of the shell (ulimit -f); write() says so too. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXFSZ};

void rwe_hold_signals(struct rwe_hold *hold)
{
    struct sigaction action;
    sigemptyset(&hold->held);
    pthread_sigmask(SIG_SETMASK, NULL, &hold->before);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        /* An ignored signal, once blocked, would wait like any other. */
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
            !sigismember(&hold->before, ending[i]))
            sigaddset(&hold->held, ending[i]);
    pthread_sigmask(SIG_BLOCK, &hold->held, NULL);
}

bool rwe_hold_waits(const struct rwe_hold *hold)
{
    sigset_t waiting;
    if (sigpending(&waiting) != 0)
        return false;
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigismember(&hold->held, ending[i]) && sigismember(&waiting, ending[i]))
            return true;
    return false;
}

void rwe_hold_release(const struct rwe_hold *hold)
{
    int reason = errno;
    pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
    errno = reason;
}
