/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Values of a covariate that no patient may have: codes for "missing" that nobody declared, and slips of the finger. */
#ifndef RWE_DATA_ODD_VALUES_H
#define RWE_DATA_ODD_VALUES_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stddef.h>

/** One such value. */
struct rwe_odd_value {
    double value;
    size_t n;         /**< how often it occurs */
    double low, high; /**< of the others */
};

enum { RWE_MOST_ODD_CODES = 8 };

/**
 * Codes that commonly mean "missing": 9 beside whole numbers up to 6; 88, 99, 888, 999, 9999 beside values of at most
 * a quarter of them; −1, −8, −9, −99, −999 beside none below 0. x has NaN where missing. Returns how many there are, in
 * `odd`.
 */
size_t rwe_odd_codes(const double x[], size_t n, struct rwe_odd_value odd[RWE_MOST_ODD_CODES]);

/**
 * The value farthest from the others, if it is beyond the upper quartile (or below the lower) by 10 times the distance
 * of the quartiles and, where none is negative, by 5 times that of log(x + median) too, so that skewed laboratory values
 * are none. The distance counts as a third of that of the 5th and 95th percentile at least. 20 values are needed, and at
 * most one in 50 may be so. `count` (0 or 1): whether there is one. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_odd_outlier(const double x[], size_t n, struct rwe_arena *scratch,
                                struct rwe_odd_value *odd, size_t *count);

#endif
