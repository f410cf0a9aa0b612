/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/sort.h"

#include <stdbool.h>
#include <string.h>

/* Least-significant-digit radix sort (Knuth, TAOCP vol. 3, 5.2.5), by the highest bits in which keys differ, as
 * many as tell most of n keys apart. What is left out of order is next to its place, and is put there by
 * insertion; keys that differ in low bits alone are sorted by all bits. */
enum { FEW = 4096, DIGIT_OF_FEW = 8, DIGIT_OF_MANY = 11 };

enum {
    BITS_OF_EXPONENT = 11, /* of a double, which are no measure of how many differ */
    BITS_TO_SPARE = 6
};

struct item {
    uint64_t key;
    uint32_t index;
};

/* The items, as many of room, and what is done in a pass. */
struct sorting {
    struct item *items, *other;
    size_t n;
    int digit_bits;
    uint32_t *place; /* by digit */
};

/* How many bits are left when those that all keys share at the top are taken off. */
static int bits_that_differ(const struct item items[], size_t n)
{
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= items[i].key ^ items[0].key;
    return differ == 0 ? 0 : 64 - __builtin_clzll(differ);
}

static void sort_by_digit(struct sorting *sort, int shift)
{
    const uint64_t mask = ((uint64_t)1 << sort->digit_bits) - 1;
    const size_t n_digits = (size_t)1 << sort->digit_bits;
    const struct item *from = sort->items;
    struct item *to = sort->other;
    uint32_t *place = sort->place, sum = 0;
    memset(place, 0, n_digits * sizeof *place);
    for (size_t i = 0; i < sort->n; i++)
        place[from[i].key >> shift & mask]++;
    for (size_t d = 0; d < n_digits; d++) {
        uint32_t count = place[d];
        place[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < sort->n; i++)
        to[place[from[i].key >> shift & mask]++] = from[i];
    sort->other = sort->items;
    sort->items = to;
}

/* Bits [low, high). */
static void sort_by_bits(struct sorting *sort, int low, int high)
{
    for (int shift = low; shift < high; shift += sort->digit_bits)
        sort_by_digit(sort, shift);
}

/* Whether insertion put everything in its place in a few moves an item. */
static bool insert_all(struct item items[], size_t n)
{
    size_t moves = 8 * n;
    for (size_t i = 1; i < n; i++) {
        const struct item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key && moves > 0; moves--, at--)
            items[at] = items[at - 1];
        items[at] = item;
        if (moves == 0)
            return false;
    }
    return true;
}

/* Sorts `items`, which are `n` and have another `n` of room behind them. */
static enum rwe_status sort_items(struct item *items, size_t n, struct rwe_arena *scratch,
                                  uint32_t order[])
{
    struct sorting sort = {items, items + n, n, n < FEW ? DIGIT_OF_FEW : DIGIT_OF_MANY, NULL};
    sort.place = RWE_NEW_UNSET(scratch, uint32_t, (size_t)1 << sort.digit_bits);
    if (sort.place == NULL)
        return RWE_NO_MEMORY;
    int width = bits_that_differ(items, n), wanted = BITS_OF_EXPONENT + BITS_TO_SPARE;
    for (size_t left = n; left > 1; left /= 2)
        wanted++;
    int low = width > wanted ? width - wanted : 0;
    sort_by_bits(&sort, low, width);
    if (low > 0 && !insert_all(sort.items, n))
        sort_by_bits(&sort, 0, width);
    for (size_t i = 0; i < n; i++)
        order[i] = sort.items[i].index;
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
    struct item *items = rwe_arena_alloc_unset(scratch, n, 2 * sizeof *items);
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
