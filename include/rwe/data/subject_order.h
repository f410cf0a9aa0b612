/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The canonical order of subjects. See cohort.h for why. */
#ifndef RWE_DATA_SUBJECT_ORDER_H
#define RWE_DATA_SUBJECT_ORDER_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdint.h>

/**
 * Order of strings as bytes, shorter before longer with the same beginning; equal ones keep the
 * order of their indices. Radix by eight bytes at a time from the end: linear in the length of the
 * longest.
 */
enum rwe_status rwe_subject_order_strings(const char *const id[], size_t n,
                                          struct rwe_arena *scratch, uint32_t order[]);

/** Running 64-bit digests of what is declared about each subject. */
struct rwe_subject_digest {
    uint64_t *value;
    size_t n;
};

/** Mixes a column into the digests: numbers by value, times by rank, so that another unit changes nothing. */
void rwe_subject_digest_numbers(struct rwe_subject_digest digest, const double column[]);
enum rwe_status rwe_subject_digest_ranks(struct rwe_subject_digest digest, const double column[],
                                         struct rwe_arena *scratch);

#endif
