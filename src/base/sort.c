/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/sort.h"

#include <string.h>

/* Least-significant-digit radix sort with 11-bit digits: six passes over 64 bits, less those in
 * which every key has the same digit (Knuth, TAOCP vol. 3, 5.2.5). */
enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 6 };

struct item {
    uint64_t key;
    uint32_t index;
};

static inline unsigned digit(uint64_t key, int pass)
{
    return (unsigned)(key >> (pass * DIGIT_BITS)) & (DIGITS - 1);
}

static void scatter(const struct item *from, size_t n, int pass, const size_t count[DIGITS],
                    struct item *to)
{
    size_t place[DIGITS];
    size_t sum = 0;
    for (int d = 0; d < DIGITS; d++) {
        place[d] = sum;
        sum += count[d];
    }
    for (size_t i = 0; i < n; i++)
        to[place[digit(from[i].key, pass)]++] = from[i];
}

/* Sorts `items`, which are `n` and have another `n` of room behind them. */
static enum rwe_status sort_items(struct item *items, size_t n, struct rwe_arena *scratch,
                                  uint32_t order[])
{
    struct item *other = items + n;
    size_t(*count)[DIGITS] = rwe_arena_alloc(scratch, PASSES, sizeof *count);
    if (count == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        for (int pass = 0; pass < PASSES; pass++)
            count[pass][digit(items[i].key, pass)]++;
    for (int pass = 0; pass < PASSES && n > 0; pass++) {
        if (count[pass][digit(items[0].key, pass)] == n)
            continue;
        scatter(items, n, pass, count[pass], other);
        struct item *swap = items;
        items = other;
        other = swap;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = items[i].index;
    return RWE_OK;
}

/* IEEE 754 doubles order as unsigned integers once negatives are complemented and the sign bit of
 * the others is set. */
static inline uint64_t ordered_bits(double x)
{
    uint64_t bits;
    x += 0.0; /* −0 becomes +0 */
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

/* The one sort behind both: exactly one of the two kinds of key is given. */
static enum rwe_status sort_keys(const double number[], const uint64_t integer[], size_t n,
                                 struct rwe_arena *scratch, uint32_t order[])
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct item *items = rwe_arena_alloc(scratch, n, 2 * sizeof *items);
    if (items == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[i] =
            (struct item){number != NULL ? ordered_bits(number[i]) : integer[i], (uint32_t)i};
    enum rwe_status status = sort_items(items, n, scratch, order);
    rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_sort_numbers(const double key[], size_t n, struct rwe_arena *scratch,
                                 uint32_t order[])
{
    return sort_keys(key, NULL, n, scratch, order);
}

enum rwe_status rwe_sort_integers(const uint64_t key[], size_t n, struct rwe_arena *scratch,
                                  uint32_t order[])
{
    return sort_keys(NULL, key, n, scratch, order);
}
