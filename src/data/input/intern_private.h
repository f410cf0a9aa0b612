/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Strings numbered in the order of their first appearance: an open-addressing hash table. */
#ifndef RWE_DATA_INTERN_PRIVATE_H
#define RWE_DATA_INTERN_PRIVATE_H

#include "rwe/base/arena.h"
#include <stdint.h>

/** Zero-initialise all but the arena, in which it grows. */
struct rwe_intern {
    struct rwe_arena *arena;
    const char **text; /**< by number; borrowed */
    uint64_t *hash;    /**< by number */
    size_t n;
    size_t text_capacity;
    size_t hash_capacity;
    uint32_t *slot; /**< number + 1, or 0 */
    size_t n_slots; /**< a power of two, or 0 */
};

/** What rwe_intern_number returns when memory is out; the arena remembers it too. */
#define RWE_INTERN_FAILED UINT32_MAX

/** The number of `text`, whose '\0' is at text[length]. A new string is borrowed, not copied. */
uint32_t rwe_intern_number(struct rwe_intern *intern, const char *text, size_t length);

#endif
