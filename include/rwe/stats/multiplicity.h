/* SPDX-License-Identifier: GPL-3.0-or-later */
/** p-values of several tests, adjusted for being several. */
#ifndef RWE_STATS_MULTIPLICITY_H
#define RWE_STATS_MULTIPLICITY_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"

/**
 * Holm's step-down p-values (Scand J Stat 6:65, 1979), which hold the chance of any false rejection
 * whatever the dependence: the i-th smallest of n becomes max over j <= i of min(1, (n − j + 1) p_j).
 *
 * `p` holds n numbers in [0, 1]; NaN, a test that could not be made, is not counted and stays NaN.
 * `adjusted` may be `p` itself. Errors: RWE_BAD_INPUT with the index of a p out of range;
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_p_adjust_holm(const double p[], size_t n, struct rwe_arena *scratch,
                                  double adjusted[], struct rwe_error *error);

/**
 * The step-up p-values of Benjamini & Hochberg (JRSS B 57:289, 1995), which hold the expected share
 * of false rejections when tests are independent or positively dependent: the i-th smallest of n
 * becomes min over j >= i of min(1, n p_j / j). Otherwise as rwe_p_adjust_holm.
 */
enum rwe_status rwe_p_adjust_bh(const double p[], size_t n, struct rwe_arena *scratch,
                                double adjusted[], struct rwe_error *error);

#endif
