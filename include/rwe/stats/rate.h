/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Events per time at risk, exactly, when events are Poisson. Events are whole numbers, >= 0, up to a
 * million, to which the limits have been checked; time is > 0, in any unit; conf_level lies in
 * (0, 1). Anything else is NaN.
 */
#ifndef RWE_STATS_RATE_H
#define RWE_STATS_RATE_H

#include "rwe/stats/proportion.h"

/** events / time with Garwood's limits (Biometrika 28:437, 1936); 0 at no events. */
struct rwe_interval rwe_rate_limits(double events, double time, double conf_level);

/** Two groups: rate 1 over rate 2. */
struct rwe_rates {
    double events1, time1, events2, time2;
};

struct rwe_rate_ratio {
    struct rwe_interval ratio; /**< 0 at events1 = 0, infinite at events2 = 0, NaN with no events */
    double p_value; /**< of equal rates: all splits no more likely than the one seen, as R;
                                    1 with no events */
};

/** Given their sum, events1 is binomial with odds ratio × time1 / time2 (Przyborowski & Wilenski,
 * Biometrika 31:313, 1940): Clopper–Pearson limits and the exact two-sided test. */
struct rwe_rate_ratio rwe_rate_compare(const struct rwe_rates *rates, double conf_level);

#endif
