/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of Kaplan–Meier share. */
#ifndef RWE_STATS_KM_PRIVATE_H
#define RWE_STATS_KM_PRIVATE_H

#include "rwe/stats/km.h"

struct rwe_km_interval {
    double low, high;
};

/* Limits of S on the scale of `transform`: e is the standard error of log S, z how many of them
 * they are away. */
struct rwe_km_interval rwe_km_limits(double s, double e, double z, enum rwe_km_transform transform);

/* Those left of n at risk when d fail. Numbers at risk are sums and, with late entry, differences of
 * weights: what is less than a millionth of a millionth of n is the rounding of "nobody". */
static inline double rwe_km_left(double n, double d)
{
    const double rounding = 1e-12;
    double left = n - d;
    return left > rounding * n ? left : 0;
}

#endif
