/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other analyses take from the options of --km. */
#ifndef RWE_ESTIMATES_KM_H
#define RWE_ESTIMATES_KM_H

#include "rwe/data/settings.h"
#include "rwe/stats/km.h"

/* --conf-type: the scale on which limits of survival are made. */
enum rwe_km_transform km_transform_of(const struct rwe_settings *settings);

/* The time by which that share had the event, by the rule of --median-rule. */
struct rwe_km_quantile km_quantile_of(const struct rwe_settings *settings,
                                      const struct rwe_km_curve *curve, double probability);

#endif
