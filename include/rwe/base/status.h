/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What can fail returns a status; the sentence about it travels in an error.
 *
 * A kernel knows only the index of the bad item. The layer that knows file, row, column and value
 * turns that into a sentence for the user. Nothing below the command line prints, exits or aborts.
 */
#ifndef RWE_BASE_STATUS_H
#define RWE_BASE_STATUS_H

#include <stddef.h>

enum rwe_status {
    RWE_OK = 0,
    RWE_NO_MEMORY,     /**< an allocation failed */
    RWE_USAGE,         /**< the request itself is wrong: an option, or its value */
    RWE_NO_COLUMN,     /**< a file lacks a column that was asked for; wrong usage too */
    RWE_BAD_INPUT,     /**< the data cannot be read as declared */
    RWE_NOT_FINITE,    /**< an array holds NaN or an infinity; error.index is its place */
    RWE_NOT_ESTIMABLE, /**< the data are readable, but the quantity is not in them */
    RWE_SEPARATED,     /**< a likelihood has no finite maximum; error.index is the column */
    RWE_COLLINEAR,     /**< earlier columns determine this one; error.index is it */
    RWE_IO,            /**< a file cannot be opened, read or written */
};

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
