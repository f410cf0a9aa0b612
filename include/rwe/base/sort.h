/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stable orderings by radix: linear in n, and the same on every machine. */
#ifndef RWE_BASE_SORT_H
#define RWE_BASE_SORT_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

/**
 * Ascending order of `key`: order[0] is the index of its least item. Equal keys keep the order of
 * their indices. −0 equals +0; NaN is not allowed. Returns RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_sort_numbers(const double key[], size_t n, struct rwe_arena *scratch,
                                 uint32_t order[]);

/** The same for unsigned 64-bit keys. */
enum rwe_status rwe_sort_integers(const uint64_t key[], size_t n, struct rwe_arena *scratch,
                                  uint32_t order[]);

#endif
