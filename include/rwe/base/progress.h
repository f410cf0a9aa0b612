/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where long work tells how far it is. */
#ifndef RWE_BASE_PROGRESS_H
#define RWE_BASE_PROGRESS_H

#include <stddef.h>

/** Called by one thread at a time, which need not be that of the caller. */
struct rwe_progress {
    /** `done` of `of` pieces of `what` ("bootstrap", in the language of messages): 0 when it begins, `of` when it
     * ends. `of` may be 0 meanwhile, where nobody knows it. NULL: nobody is told. */
    void (*tell)(void *context, const char *what, size_t done, size_t of);
    void *context;
};

static inline void rwe_progress_tell(const struct rwe_progress *progress, const char *what,
                                     size_t done, size_t of)
{
    if (progress->tell != NULL)
        progress->tell(progress->context, what, done, of);
}

#endif
