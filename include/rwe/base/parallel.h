/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The one way to use threads. Work is cut into numbered pieces; each writes only to its own slot,
 * and the caller folds the slots in the order of their numbers. So results do not depend on how
 * many threads there are or which of them was quicker.
 */
#ifndef RWE_BASE_PARALLEL_H
#define RWE_BASE_PARALLEL_H

#include <stddef.h>

/** Rows in one piece of a sum over rows: fixed, so that sums have the same bits everywhere. */
#define RWE_BLOCK_ROWS ((size_t)1024)

/**
 * Calls body(piece, context) once for each piece in [0, pieces), on at most `threads` threads (0
 * and 1: on the caller's alone). Returns when all are done. When a thread cannot be started the
 * others, and the caller, do its work.
 */
void rwe_parallel_for(size_t pieces, unsigned threads, void (*body)(size_t piece, void *context),
                      void *context);

/** Threads that the machine offers to this process, at least 1. */
unsigned rwe_parallel_available(void);

#endif
