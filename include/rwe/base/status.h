/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What can fail returns a status; the sentence about it travels in an error.
 *
 * A kernel knows only the index of the bad item. The layer that knows file, row, column and value
 * turns that into a sentence for the user. Nothing below the command line prints, exits or aborts.
 */
#ifndef RWE_BASE_STATUS_H
#define RWE_BASE_STATUS_H

#include "rwe.h" /* enum rwe_status, which is part of the contract */
#include <stddef.h>

/** Index of an error that concerns no single item. */
#define RWE_NO_INDEX ((size_t)-1)

/** The failure itself. Zero-initialise; `status` is RWE_OK until something fails. */
struct rwe_error {
    enum rwe_status status;
    size_t index;       /**< the item at fault, or RWE_NO_INDEX */
    char message[1024]; /**< one or more sentences for the user, without a final newline */
};

/** Fills `error`, which may be NULL. The format is looked up in the language of messages (language.h). */
void rwe_error_set(struct rwe_error *error, enum rwe_status status, size_t index,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Fills `error` and is `status`, so that a failure is one statement. A macro, so that a reader of one
 * file alone (a compiler, an analyser) sees that what fails is never RWE_OK. */
#define rwe_fail(error, status, index, ...)                                                        \
    (rwe_error_set((error), (status), (index), __VA_ARGS__), (status))

/** `rwe_fail` for an allocation that failed. */
#define rwe_fail_memory(error) rwe_fail((error), RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory")

#endif
