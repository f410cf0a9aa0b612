/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The times at which analyses show a curve. */
#ifndef RWE_ANALYSIS_TIMES_H
#define RWE_ANALYSIS_TIMES_H

#include "rwe/analysis/analysis.h"

enum { RWE_MOST_TIMES = 64, RWE_MOST_TICKS = 24 };

/** Ascending, each once. */
struct rwe_times {
    double at[RWE_MOST_TIMES + 1]; /**< room for one more, as 0 */
    size_t n;
};

/**
 * The times of --times; without it, five or six round steps over the follow-up of the endpoint: 1, 2, 2.5 or 5
 * times a power of ten, or times 12 where the unit is months and the follow-up is longer than two years.
 * A replicate has the times of the data, however long the follow-up is in it.
 */
struct rwe_times rwe_times_of(const struct rwe_run *run, const struct rwe_endpoint *endpoint);

/**
 * The ticks of the time axis of a figure: from 0 in equal steps to the first tick at `last` or later. The step is
 * that of --time-step, unless that makes more than RWE_MOST_TICKS; otherwise a round length that makes at most
 * ten. --times has no influence, since an axis is regular.
 */
struct rwe_times rwe_times_ticks(const struct rwe_run *run, double last);

/** Adds a time, unless it is there, so that no fact has a twin. Room for one beyond rwe_times_of's. */
void rwe_times_insert(struct rwe_times *times, double time);

#endif
