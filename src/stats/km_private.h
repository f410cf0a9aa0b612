/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of Kaplan–Meier share. */
#ifndef RWE_STATS_KM_PRIVATE_H
#define RWE_STATS_KM_PRIVATE_H

#include "rwe/stats/km.h"

struct km_limits {
    double low, high;
};

/* Limits of S on the scale of `transform`: e is the standard error of log S, z how many of them
 * they are away. */
struct km_limits km_limits(double s, double e, double z, enum rwe_km_transform transform);

#endif
