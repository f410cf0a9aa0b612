/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/subject_order.h"

#include "rwe/base/rng.h"
#include "rwe/base/sort.h"
#include <string.h>

/* Bytes [8 c, 8 c + 8) of a string as a number that orders as they do; zeros after its end. */
static uint64_t piece_of(const char *id, size_t length, size_t c)
{
    uint64_t piece = 0;
    for (size_t b = 8 * c; b < 8 * c + 8; b++)
        piece = piece << 8 | (b < length ? (unsigned char)id[b] : 0);
    return piece;
}

enum rwe_status rwe_subject_order_strings(const char *const id[], size_t n,
                                          struct rwe_arena *scratch, uint32_t order[])
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    uint64_t *key = RWE_NEW(scratch, uint64_t, n);
    size_t *length = RWE_NEW(scratch, size_t, n);
    uint32_t *step = RWE_NEW(scratch, uint32_t, n);
    uint32_t *next = RWE_NEW(scratch, uint32_t, n);
    size_t longest = 0;
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
        length[i] = strlen(id[i]);
        longest = length[i] > longest ? length[i] : longest;
    }
    for (size_t c = (longest + 7) / 8; c-- > 0;) {
        for (size_t i = 0; i < n; i++)
            key[i] = piece_of(id[order[i]], length[order[i]], c);
        if (rwe_sort_integers(key, n, scratch, step) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t i = 0; i < n; i++)
            next[i] = order[step[i]];
        memcpy(order, next, n * sizeof *order);
    }
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

void rwe_subject_digest_numbers(struct rwe_subject_digest digest, const double column[])
{
    for (size_t i = 0; i < digest.n; i++) {
        double value = column[i] + 0.0; /* −0 counts as 0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        digest.value[i] = rwe_mix64(digest.value[i] ^ bits);
    }
}

enum rwe_status rwe_subject_digest_ranks(struct rwe_subject_digest digest, const double column[],
                                         struct rwe_arena *scratch)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    uint32_t *order = RWE_NEW(scratch, uint32_t, digest.n);
    if (order == NULL || rwe_sort_numbers(column, digest.n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    uint64_t rank = 0;
    for (size_t k = 0; k < digest.n; k++) {
        if (k > 0 && column[order[k]] > column[order[k - 1]])
            rank++;
        digest.value[order[k]] = rwe_mix64(digest.value[order[k]] ^ rank);
    }
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
