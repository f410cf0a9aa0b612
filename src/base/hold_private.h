/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Signals that would end the program, held back while something half made lies on the disk. Whoever
 * works there asks between two steps whether one waits, takes back what it did, and releases them: the
 * program then ends by that signal as it would have, with nothing left behind. No handler is installed,
 * so nothing changes for a program that has its own.
 */
#ifndef RWE_BASE_HOLD_PRIVATE_H
#define RWE_BASE_HOLD_PRIVATE_H

#include <signal.h>
#include <stdbool.h>

struct rwe_hold {
    sigset_t held, before;
};

/** Holds them back in this thread. Those that the program ignores or blocks are left as they are. */
void rwe_hold_signals(struct rwe_hold *hold);

/** Whether one of them has come. */
bool rwe_hold_waits(const struct rwe_hold *hold);

/** Lets them through; the program may end here. errno stays. */
void rwe_hold_release(const struct rwe_hold *hold);

#endif
